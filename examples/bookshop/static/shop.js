// What HTML's forms cannot: PUT, DELETE, and a field of the request. A form says which
// method it is for in data-method, which state it is about in data-match, and where to
// go afterwards in data-next.

async function send(form, submitter) {
  const { method, match, next } = form.dataset;
  const headers = { Accept: "text/html", "X-CSRF-Token": form.elements.csrf_token.value };
  if (match) headers["If-Match"] = match;
  const data = new FormData(form);
  let body;
  if (method !== "DELETE") {
    const hasFiles = form.enctype === "multipart/form-data";
    if (hasFiles) headers.Accept = "application/json";
    body = hasFiles ? data : new URLSearchParams(data);
  }
  submitter.disabled = true;
  try {
    const answer = await fetch(form.action, { method, headers, body });
    if (answer.ok && next) location.assign(next);
    else if (answer.ok) await tell(form, answer);
    else await complain(form, answer);
  } catch {
    say(form, "The shop cannot be reached.");
  } finally {
    submitter.disabled = false;
  }
}

// Only the file of books has an answer that is worth telling.
async function tell(form, answer) {
  const { added, known } = await answer.json();
  form.reset();
  say(form, "");
  form.querySelector("[role=status]").textContent = `${added} added, ${known} already here.`;
}

async function complain(form, answer) {
  if (answer.headers.get("Content-Type").startsWith("text/html")) {
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const again = page.querySelector("form[data-match]");
    if (again) {
      form.replaceWith(again);
      (again.querySelector("[aria-invalid]") ?? again.elements[1]).focus();
    } else {
      say(form, page.querySelector("#detail")?.textContent ?? page.title);
    }
    return;
  }
  const { detail, title, errors = [] } = await answer.json();
  const lines = errors.map((each) => `${each.line ? `Line ${each.line}: ` : ""}${each.detail}`);
  say(form, [detail ?? title, ...lines.slice(0, 5)].join(" "));
}

function say(form, text) {
  const places = form.querySelectorAll(".wrong[role=alert]");
  for (const place of places) place.textContent = text;
  const status = form.querySelector("[role=status]");
  if (status) status.textContent = "";
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.dataset.method) return;
  event.preventDefault();
  send(form, event.submitter ?? form.querySelector("button"));
});

// A form that came back is about its first error.
document.querySelector("form [aria-invalid]")?.focus();

const feed = document.querySelector("[data-feed]");
if (feed) {
  const status = document.getElementById("listening");
  const changes = new EventSource(feed.dataset.feed);
  changes.onopen = () => { status.textContent = "Listening. Nothing is missed while this page is open."; };
  changes.onerror = () => { status.textContent = "Connecting again …"; };
  for (const kind of ["added", "changed", "removed"]) {
    changes.addEventListener(kind, ({ data }) => {
      const { book } = JSON.parse(data);
      const item = document.createElement("li");
      const what = document.createElement("b");
      what.textContent = kind;
      const which = document.createElement(kind === "removed" ? "span" : "a");
      if (kind !== "removed") which.href = `${feed.dataset.books}/${book.id}`;
      which.textContent = book.title;
      item.append(what, " ", which, `, ${book.author} (${book.year})`);
      feed.prepend(item);
    });
  }
}
