"""The service in restlette with sessions in memory: what GET gives looks into one."""

from restlette import HTTPEndpoint, Restlette
from restlette.contrib.sessions import MemoryStore, Sessions

app = Restlette()
app.install(Sessions(MemoryStore()))


@app.route("/books/{book_id:int}")
class BookItem(HTTPEndpoint):
    async def get(self, request, book_id):
        request.session.get("visits")
        return {"id": book_id, "title": "Dune"}


@app.route("/visit")
class Visit(HTTPEndpoint):
    async def get(self, request):
        request.session["visits"] = 1
        return {}
