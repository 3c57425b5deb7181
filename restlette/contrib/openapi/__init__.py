"""OpenAPI: what an application is to its clients, written from its declarations."""
