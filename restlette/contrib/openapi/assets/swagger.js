// Swagger UI, with the document that the page names.
"use strict";

SwaggerUIBundle({
  url: document.querySelector("link[rel=describedby]").href,
  dom_id: "#swagger",
  deepLinking: true,
  // Nobody else is to look at the document.
  validatorUrl: null,
});
