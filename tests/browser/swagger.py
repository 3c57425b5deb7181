"""An application whose document Swagger UI shows."""

from restlette import Request, Restlette
from restlette.contrib.openapi import OpenAPI

app = Restlette()


@app.route("/")
async def greeting(request: Request) -> dict[str, str]:
    """Give a greeting."""
    return {"hello": "world"}


app.install(OpenAPI(title="Greetings", version="1", swagger=True))
