// Starts Swagger UI on the description this server gives of itself. Nothing leaves the host.
const page = document.getElementById("api");
window.SwaggerUIBundle({
  url: page.dataset.document,
  domNode: page,
  deepLinking: true,
  validatorUrl: null,
  docExpansion: "list",
  defaultModelsExpandDepth: -1,
});
