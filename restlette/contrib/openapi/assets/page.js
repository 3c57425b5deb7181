// The page of an application's document. The story starts with `start`, at the end.
// Whatever the document says is set as text, and never as markup.
"use strict";

const METHODS = ["get", "post", "put", "patch", "delete", "head", "options", "trace", "query"];
const DEEPEST = 6;

const byId = (id) => document.getElementById(id);

// An element with its attributes and what is in it: text, elements, or nothing.
function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(key, "");
    else if (value !== false && value !== undefined) element.setAttribute(key, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

// Text with blank lines between paragraphs, and `code` between backquotes.
function prose(text) {
  return (text ?? "").split(/\n\s*\n/).filter((part) => part.trim()).map((part) =>
    make("p", {}, part.split(/`([^`]+)`/).map((piece, index) =>
      index % 2 ? make("code", {}, piece) : piece)));
}

// References ------------------------------------------------------------------------------

let api = {};

function follow(value) {
  for (let step = 0; value && value.$ref && step < 20; step++) {
    const path = value.$ref.replace(/^#\//, "").split("/");
    const names = path.map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
    value = names.reduce((found, name) => (found ?? {})[name], api);
  }
  return value ?? {};
}

const nameOf = (schema) => (schema && schema.$ref ? schema.$ref.split("/").pop() : "");

// Schemas -----------------------------------------------------------------------------------

function typeOf(schema) {
  const named = nameOf(schema);
  const found = follow(schema);
  if (found === true || Object.keys(found).length === 0) return named || "anything";
  const union = found.anyOf ?? found.oneOf;
  if (union) return union.map(typeOf).join(" or ");
  if (found.const !== undefined) return JSON.stringify(found.const);
  const types = [found.type ?? (found.enum ? "" : "anything")].flat();
  const words = types.map((type) =>
    type === "array" && found.items ? `array of ${typeOf(found.items)}` : type);
  if (found.nullable) words.push("null");
  const kind = words.filter(Boolean).join(" or ");
  return [named, found.format ? `${kind} (${found.format})` : kind].filter(Boolean).join(": ");
}

const BOUNDS = {
  minimum: "at least", exclusiveMinimum: "more than", maximum: "at most",
  exclusiveMaximum: "less than", minLength: "characters, at least",
  maxLength: "characters, at most", minItems: "items, at least", maxItems: "items, at most",
  pattern: "matches", multipleOf: "a multiple of",
};

function limitsOf(schema) {
  const found = follow(schema);
  const words = Object.entries(BOUNDS)
    .filter(([key]) => found[key] !== undefined && typeof found[key] !== "boolean")
    .map(([key, word]) => `${word} ${found[key]}`);
  if (found.enum) words.push(`one of ${found.enum.map((each) => JSON.stringify(each)).join(", ")}`);
  if (found.default !== undefined) words.push(`by default ${JSON.stringify(found.default)}`);
  if (found.readOnly) words.push("only shown");
  if (found.additionalProperties === false) words.push("nothing else");
  return words.join("; ");
}

function describeSchema(schema, above = []) {
  const found = follow(schema);
  const shown = [];
  const limits = limitsOf(schema);
  if (found.description) shown.push(...prose(found.description));
  if (limits) shown.push(make("p", { class: "what" }, limits));
  if (above.length > DEEPEST || (schema.$ref && above.includes(schema.$ref))) return shown;
  const next = schema.$ref ? [...above, schema.$ref] : above;
  const members = Object.entries(found.properties ?? {});
  if (members.length) {
    shown.push(make("dl", { class: "members" }, members.flatMap(([name, member]) => [
      make("dt", {}, make("code", {}, name), make("span", { class: "type" }, typeOf(member)),
        (found.required ?? []).includes(name) ? make("span", { class: "needed" }, "required") : null),
      make("dd", {}, describeSchema(member, next)),
    ])));
  }
  if (found.items && typeof found.items === "object") {
    shown.push(...describeSchema(found.items, next));
  }
  for (const each of [...(found.anyOf ?? []), ...(found.oneOf ?? []), ...(found.allOf ?? [])]) {
    const inner = describeSchema(each, next);
    if (inner.length) shown.push(make("div", { class: "card" }, make("p", {}, typeOf(each)), inner));
  }
  return shown;
}

// An example of a schema: one that is given, or one that is made up.
function exampleOf(schema, depth = 0) {
  const found = follow(schema);
  const given = found.example ?? (found.examples ?? [])[0] ?? found.default ?? found.const;
  if (given !== undefined) return given;
  if (found.enum) return found.enum[0];
  const union = found.anyOf ?? found.oneOf ?? found.allOf;
  if (union && !found.properties) return exampleOf(union[0], depth);
  const type = [found.type].flat().find((each) => each !== "null");
  if (type === "object" || found.properties) {
    if (depth > DEEPEST) return {};
    return Object.fromEntries(Object.entries(found.properties ?? {})
      .filter(([, member]) => !follow(member).readOnly)
      .map(([name, member]) => [name, exampleOf(member, depth + 1)]));
  }
  if (type === "array") return depth > DEEPEST || !found.items ? [] : [exampleOf(found.items, depth + 1)];
  if (type === "integer" || type === "number") return found.minimum ?? 0;
  if (type === "boolean") return true;
  const texts = { date: "2026-01-31", "date-time": "2026-01-31T12:00:00Z",
    uuid: "00000000-0000-4000-8000-000000000000" };
  return texts[found.format] ?? "text";
}

function exampleIn(media) {
  if (media.example !== undefined) return media.example;
  const [first] = Object.values(media.examples ?? {});
  if (first) return follow(first).value;
  return media.schema ? exampleOf(media.schema) : "";
}

const written = (value) => typeof value === "string" ? value : JSON.stringify(value, null, 2);

// Operations ----------------------------------------------------------------------------------

function operationsOf(document) {
  const found = [];
  for (const [path, item] of Object.entries(document.paths ?? {})) {
    const others = { ...item.additionalOperations, ...item["x-additionalOperations"] };
    const all = [...METHODS.filter((method) => item[method]).map((method) => [method, item[method]]),
      ...Object.entries(others)];
    for (const [method, operation] of all) {
      found.push({
        method: method.toUpperCase(), path, operation,
        id: operation.operationId ?? `${method} ${path}`,
        tag: (operation.tags ?? ["Others"])[0],
        parameters: [...(item.parameters ?? []), ...(operation.parameters ?? [])].map(follow),
        body: operation.requestBody ? follow(operation.requestBody) : null,
      });
    }
  }
  return found;
}

const badge = (method) => make("span", { class: `method ${method.toLowerCase()}` }, method);

function showParameters(each) {
  if (!each.parameters.length) return [];
  return [make("h3", {}, "Parameters"), make("dl", { class: "members" },
    each.parameters.flatMap((parameter) => [
      make("dt", {}, make("code", {}, parameter.name),
        make("span", { class: "type" }, `${parameter.in}, ${typeOf(parameter.schema ?? {})}`),
        parameter.required ? make("span", { class: "needed" }, "required") : null),
      make("dd", {}, prose(parameter.description),
        make("p", { class: "what" }, limitsOf(parameter.schema ?? {}))),
    ]))];
}

function showContent(content) {
  return Object.entries(content ?? {}).map(([type, media]) => {
    const schema = media.itemSchema ?? media["x-itemSchema"] ?? media.schema ?? {};
    return make("div", { class: "card" }, make("p", {}, make("code", {}, type),
      make("span", { class: "type" }, typeOf(schema))), describeSchema(schema));
  });
}

function showResponses(each) {
  return [make("h3", {}, "Answers"), ...Object.entries(each.operation.responses ?? {}).map(
    ([status, response]) => {
      const found = follow(response);
      const fields = Object.keys(found.headers ?? {});
      return make("details", { class: "card" },
        make("summary", {}, make("code", {}, status), " ", found.description ?? ""),
        fields.length ? make("p", { class: "what" }, `Fields: ${fields.join(", ")}`) : null,
        showContent(found.content));
    })];
}

function showOperation(each) {
  const body = make("div", {});
  const box = make("details", { class: each.operation.deprecated ? "operation deprecated" : "operation",
    id: each.id },
    make("summary", {}, badge(each.method), make("span", { class: "path" }, each.path),
      make("span", { class: "what" }, each.operation.summary ?? "")), body);
  // What is inside is made when somebody looks: most of it nobody does.
  box.addEventListener("toggle", () => {
    if (!box.open || body.childElementCount) return;
    body.append(...prose(each.operation.description), ...showParameters(each),
      ...(each.body ? [make("h3", {}, "Content"), ...prose(each.body.description),
        ...showContent(each.body.content)] : []),
      ...showResponses(each), ...tryIt(each));
  });
  each.box = box;
  return box;
}

// Trying -------------------------------------------------------------------------------------

function field(label, input) {
  return make("div", {}, make("label", { for: input.id }, label), input);
}

function tryIt(each) {
  const inputs = each.parameters.map((parameter) => {
    const id = `try ${each.id} ${parameter.in} ${parameter.name}`;
    const value = parameter.required ? parameter.example ?? exampleOf(parameter.schema ?? {}) : "";
    return [parameter, make("input", { id, value: written(value), required: !!parameter.required })];
  });
  const types = Object.keys(each.body?.content ?? {});
  const type = make("select", { id: `try ${each.id} type` }, types.map((name) => make("option", {}, name)));
  const text = make("textarea", { id: `try ${each.id} content`, spellcheck: "false" });
  const whole = field("Content", text);
  const parts = make("div", { class: "fields" });
  const fill = () => {
    if (!types.length) return;
    const media = each.body.content[type.value];
    text.value = isForm(type.value) ? "" : written(exampleIn(media));
    parts.replaceChildren(...(isForm(type.value) ? formFields(each, media.schema) : []));
    whole.hidden = isForm(type.value);
  };
  type.addEventListener("change", fill);
  fill();
  const result = make("div", { role: "status", "aria-live": "polite" });
  const form = make("form", {}, make("div", { class: "fields" },
    inputs.map(([parameter, input]) => field(`${parameter.name} (${parameter.in})`, input)),
    types.length ? [field("Content-Type", type), whole, parts] : []),
    make("div", { class: "actions" }, make("button", {}, `Send ${each.method}`)), result);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const content = types.length ? [type.value, text.value, parts.querySelectorAll("input")] : null;
    send(requestOf(each, inputs, content), result);
  });
  return [make("h3", {}, "Try it"), form];
}

function requestOf(each, inputs, content) {
  let path = each.path.replace(/#.*$/, "");
  const query = new URLSearchParams();
  const headers = {};
  for (const [parameter, input] of inputs) {
    if (parameter.in === "path") {
      path = path.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
    } else if (input.value !== "") {
      if (parameter.in === "query") query.append(parameter.name, input.value);
      if (parameter.in === "header") headers[parameter.name] = input.value;
    }
  }
  addCredentials(each, query, headers);
  const options = { method: each.method, headers };
  if (content) {
    const [type, text, filled] = content;
    if (isForm(type)) {
      const form = type.startsWith("multipart/") ? new FormData() : new URLSearchParams();
      for (const input of filled) {
        for (const value of input.files ?? [input.value]) form.append(input.dataset.name, value);
      }
      options.body = form;
    } else {
      headers["Content-Type"] = type;
      options.body = text;
    }
  }
  const server = (each.operation.servers ?? api.servers ?? [])[0]?.url ?? "";
  const base = new URL(server || ".", byId("status").baseURI);
  const target = new URL(base.pathname.replace(/\/$/, "") + path, base);
  target.search = query;
  return [target, options];
}

const isForm = (type) => type.startsWith("multipart/") || type.endsWith("urlencoded");

// The fields of a form, those of files among them.
function formFields(each, schema) {
  return Object.entries(follow(schema).properties ?? {}).map(([name, member]) => {
    const found = follow(member);
    const isFile = found.contentMediaType !== undefined || found.format === "binary";
    return field(name, make("input", { id: `try ${each.id} form ${name}`, "data-name": name,
      type: isFile ? "file" : "text", value: isFile ? undefined : written(exampleOf(member)) }));
  });
}

async function send([target, options], result) {
  result.replaceChildren(make("p", {}, "Waiting …"));
  const started = performance.now();
  try {
    const answer = await fetch(target, options);
    const text = await answer.text();
    const took = Math.round(performance.now() - started);
    const fields = [...answer.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
    result.replaceChildren(
      make("h4", {}, `${answer.status} ${answer.statusText} in ${took} ms`),
      make("pre", {}, fields), make("pre", { class: "body" }, pretty(text)),
      make("h4", {}, "With curl"), make("pre", {}, curl(target, options)));
  } catch (error) {
    result.replaceChildren(make("p", {}, `There is no answer: ${error.message}`),
      make("pre", {}, curl(target, options)));
  }
}

function pretty(text) {
  try { return JSON.stringify(JSON.parse(text), null, 2); } catch { return text; }
}

function curl(target, options) {
  const quote = (word) => `'${word.replaceAll("'", "'\\''")}'`;
  const words = ["curl", "-i"];
  if (options.method !== "GET") words.push("-X", options.method);
  words.push(quote(String(target)));
  for (const [name, value] of Object.entries(options.headers)) words.push("-H", quote(`${name}: ${value}`));
  if (typeof options.body === "string") words.push("-d", quote(options.body));
  return words.join(" ");
}

// Credentials -----------------------------------------------------------------------------------

function showCredentials() {
  const schemes = Object.entries(api.components?.securitySchemes ?? {}).map(([name, scheme]) => [name, follow(scheme)]);
  byId("credentials").hidden = !schemes.length;
  byId("schemes").append(...schemes.map(([name, scheme]) => {
    const what = scheme.type === "http" ? scheme.scheme : `${scheme.type} ${scheme.in ?? ""} ${scheme.name ?? ""}`;
    const hint = scheme.scheme === "basic" ? "user:password" : "token or key";
    const note = scheme.in === "cookie" ? "; browsers send it by themselves" : "";
    return field(`${name === what ? name : `${name}: ${what}`}${note}`, make("input", { id: `scheme ${name}`, placeholder: hint,
      type: "password", autocomplete: "off", disabled: scheme.in === "cookie" }));
  }));
  byId("schemes").addEventListener("submit", (event) => event.preventDefault());
}

function addCredentials(each, query, headers) {
  const wanted = each.operation.security ?? api.security ?? [];
  for (const name of wanted.flatMap((requirement) => Object.keys(requirement))) {
    const scheme = follow((api.components?.securitySchemes ?? {})[name]);
    const value = byId(`scheme ${name}`)?.value;
    if (!value) continue;
    if (scheme.type === "http" && scheme.scheme?.toLowerCase() === "basic") {
      headers.Authorization = `Basic ${btoa(unescape(encodeURIComponent(value)))}`;
    } else if (scheme.type === "http" || scheme.type === "oauth2" || scheme.type === "openIdConnect") {
      headers.Authorization = `Bearer ${value}`;
    } else if (scheme.in === "query") query.append(scheme.name, value);
    else if (scheme.in === "header") headers[scheme.name] = value;
  }
}

// The whole -------------------------------------------------------------------------------------

function showAll(operations) {
  const tags = new Map((api.tags ?? []).map((tag) => [tag.name, tag]));
  const groups = Map.groupBy ? Map.groupBy(operations, (each) => each.tag) : groupBy(operations);
  for (const [name, each] of groups) {
    const heading = make("h2", {}, name);
    const section = make("section", { "aria-label": name }, heading, prose(tags.get(name)?.description),
      each.map(showOperation));
    byId("operations").append(section);
    const entries = each.map((one) => {
      one.entry = make("li", {}, make("a", { href: `#${encodeURIComponent(one.id)}` }, badge(one.method),
        make("span", {}, one.operation.summary || one.path)));
      return one.entry;
    });
    const group = make("div", {}, make("h2", {}, name), make("ul", {}, entries));
    byId("index").append(group);
    for (const one of each) Object.assign(one, { section, group });
  }
}

function groupBy(operations) {
  const groups = new Map();
  for (const each of operations) groups.set(each.tag, [...(groups.get(each.tag) ?? []), each]);
  return groups;
}

function search(operations, text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  const shown = new Set();
  for (const each of operations) {
    each.haystack ??= JSON.stringify([each.method, each.path, each.id, each.tag, each.operation]).toLowerCase();
    const fits = words.every((word) => each.haystack.includes(word));
    each.box.hidden = each.entry.hidden = !fits;
    if (fits) { count += 1; shown.add(each.section); }
  }
  for (const each of operations) each.section.hidden = each.group.hidden = !shown.has(each.section);
  byId("found").textContent = words.length ? `${count} of ${operations.length}` : "";
}

function openLinked() {
  const box = byId(decodeURIComponent(location.hash.slice(1)));
  if (box?.matches("details.operation")) {
    box.open = true;
    box.scrollIntoView();
    box.querySelector("summary").focus({ preventScroll: true });
  }
}

async function load(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`the answer is ${answer.status} ${answer.statusText}`);
  return answer.json();
}

async function start() {
  const status = byId("status");
  try {
    api = await load(document.querySelector("link[rel=describedby]").href);
  } catch (error) {
    status.textContent = `The document cannot be loaded: ${error.message}`;
    return;
  }
  performance.mark("draw");
  const operations = operationsOf(api);
  byId("title").textContent = document.title = api.info?.title ?? "";
  byId("about").replaceChildren(...prose(api.info?.description));
  byId("version").textContent = `Version ${api.info?.version ?? ""}, OpenAPI ${api.openapi}`;
  showCredentials();
  showAll(operations);
  status.textContent = operations.length ? "" : "There is no operation.";
  performance.measure("drawn", "draw");
  byId("search").addEventListener("input", (event) => search(operations, event.target.value));
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.target.matches("input, textarea, select")) {
      event.preventDefault();
      byId("search").focus();
    }
  });
  addEventListener("hashchange", openLinked);
  openLinked();
}

start();
