"""GraphQL: what is asked for, what is answered, and what is not."""
