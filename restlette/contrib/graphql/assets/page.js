// The page to ask a schema of GraphQL. The story starts with `start`, at the end.
// Whatever comes from the schema or from an answer is set as text, and never as markup.
"use strict";

const MOST_KEPT = 20;
const MOST_SHOWN = 200;
const KEPT = `restlette-graphql:${location.pathname}`;
const KEYWORDS = new Set(["query", "mutation", "subscription", "fragment", "on", "true", "false", "null"]);

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

function button(text, act, attributes = {}) {
  const made = make("button", { type: "button", class: "word", ...attributes }, text);
  made.addEventListener("click", act);
  return made;
}

// Tokens ------------------------------------------------------------------------------------

// The lexical tokens of GraphQL, section 2.1; what is none of them stands for itself.
const TOKEN = /#[^\n\r]*|"""(?:\\"""|[^])*?(?:"""|$)|"(?:\\.|[^"\\\n\r])*"?|\.\.\.|[$@]?[_A-Za-z][_0-9A-Za-z]*|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[\s,\ufeff]+|[^]/g;

function tokensOf(text) {
  return [...text.matchAll(TOKEN)].map(([token]) => token);
}

function kindOf(token) {
  if (token[0] === "#") return "note";
  if (token[0] === '"') return "text";
  if (/^-?\d/.test(token)) return "number";
  if (KEYWORDS.has(token)) return "word";
  return /^[$@]/.test(token) ? "name" : "";
}

const isBlank = (token) => /^[\s,\ufeff]/.test(token) || token[0] === "#";

function paint() {
  const text = byId("query").value;
  byId("painted").replaceChildren(...tokensOf(text).map((token) => {
    const kind = kindOf(token);
    return kind ? make("span", { class: kind }, token) : token;
  }), "\n");
  listOperations(text);
}

// The operations of a document, by kind and name.
function operationsOf(text) {
  const tokens = tokensOf(text).filter((token) => !isBlank(token));
  const found = [];
  let depth = 0;
  for (const [index, token] of tokens.entries()) {
    if (depth === 0 && ["query", "mutation", "subscription"].includes(token)) {
      const name = tokens[index + 1] ?? "";
      found.push({ kind: token, name: /^[_A-Za-z]/.test(name) ? name : "" });
    } else if (depth === 0 && token === "{") {
      const before = tokens.slice(0, index).lastIndexOf("}");
      if (before === index - 1 || index === 0) found.push({ kind: "query", name: "" });
    }
    if (token === "{") depth += 1;
    if (token === "}") depth -= 1;
  }
  return found;
}

function listOperations(text) {
  const select = byId("operation");
  const chosen = select.value;
  const names = operationsOf(text).map(({ name }) => name).filter(Boolean);
  const first = names.length > 1 ? "choose one" : "the only one";
  select.replaceChildren(make("option", { value: "" }, first),
    ...names.map((name) => make("option", { value: name }, name)));
  select.value = names.includes(chosen) ? chosen : names.length > 1 ? names[0] : "";
}

// Two spaces a level, a field a line.
function tidied(text) {
  let written = "";
  let level = 0;
  let inside = 0;
  const line = () => { written = `${written.trimEnd()}\n${"  ".repeat(level)}`; };
  let glued = true;
  let last = "";
  for (const token of tokensOf(text)) {
    if (/^[\s,\ufeff]/.test(token)) {
      if (inside && token.includes(",")) written = `${written.trimEnd()},`;
      continue;
    }
    if (token[0] === "#") {
      if (last) line();
      written += token;
      line();
      glued = true;
      last = token;
      continue;
    }
    const begins = !inside && level && !glued && ![":", "...", "on"].includes(last);
    if (token === "}" && !inside) {
      level -= 1;
      line();
      written += level ? "}" : "}\n";
    } else if (token === "{" && !inside) {
      written = `${written.trimEnd()}${last ? " " : ""}{`;
      level += 1;
      line();
    } else if ("([{".includes(token)) {
      inside += 1;
      written += inside > 1 && !glued ? ` ${token}` : token;
    } else if (")]}".includes(token)) {
      inside -= 1;
      written = `${written.trimEnd()}${token}`;
    } else if (token === ":" || token === "!") {
      written = `${written.trimEnd()}${token}`;
    } else if ((begins && token[0] !== "@") || (!level && last === "}")) {
      line();
      written += token;
    } else {
      const isSpread = last === "..." && token !== "on" && token[0] !== "@";
      written += glued || !last || isSpread ? token : ` ${token}`;
    }
    glued = "([{".includes(token);
    last = token;
  }
  return `${written.trim()}\n`;
}

// The schema --------------------------------------------------------------------------------

const TYPE = "kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } }";
const INTROSPECTION = `query Schema {
  __schema {
    queryType { name } mutationType { name } subscriptionType { name }
    types {
      kind name description
      fields(includeDeprecated: true) {
        name description isDeprecated deprecationReason
        args { name description type { ${TYPE} } defaultValue }
        type { ${TYPE} }
      }
      inputFields { name description type { ${TYPE} } defaultValue }
      interfaces { name }
      enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason }
      possibleTypes { name }
    }
  }
}`;

let schema = null;
let trail = [];

const written = (type) => type.kind === "NON_NULL" ? `${written(type.ofType)}!`
  : type.kind === "LIST" ? `[${written(type.ofType)}]` : type.name;
const innermost = (type) => type.ofType ? innermost(type.ofType) : type.name;

async function readSchema() {
  let answer;
  try {
    answer = await ask({ query: INTROSPECTION, operationName: "Schema" });
  } catch (error) {
    answer = { errors: [error] };
  }
  if (!answer.data) {
    byId("schema").replaceChildren(make("p", { class: "what" },
      "The schema is not shown here: ", answer.errors?.[0]?.message ?? "there was no answer"));
    return;
  }
  const found = answer.data.__schema;
  const roots = ["query", "mutation", "subscription"]
    .filter((kind) => found[`${kind}Type`]).map((kind) => [kind, found[`${kind}Type`].name]);
  schema = { types: new Map(found.types.map((type) => [type.name, type])), roots: new Map(roots) };
  show([]);
}

const linkTo = (type) => button(written(type), () => show([...trail, innermost(type)]));

function prose(text) {
  return (text ?? "").split(/\n\s*\n/).filter((part) => part.trim()).map((part) => make("p", {}, part));
}

function describeArguments(members) {
  return members.map((member) => make("dd", {}, make("code", {}, `${member.name}: `),
    linkTo(member.type), member.defaultValue === null ? null : ` = ${member.defaultValue}`,
    prose(member.description)));
}

function describeField(field) {
  const old = field.isDeprecated ? "deprecated" : "";
  return [
    make("dt", {}, make("code", { class: old }, field.name), " ", field.type ? linkTo(field.type) : null),
    make("dd", {}, prose(field.description),
      field.isDeprecated ? make("p", { class: "what" }, `Deprecated: ${field.deprecationReason ?? "no longer"}`) : null),
    ...describeArguments(field.args ?? []),
  ];
}

function describe(name) {
  const type = schema.types.get(name);
  const members = type.fields ?? type.inputFields ?? type.enumValues ?? [];
  const others = [...(type.interfaces ?? []), ...(type.possibleTypes ?? [])];
  return [
    make("h2", { tabindex: "-1" }, name),
    make("p", { class: "what" }, type.kind.toLowerCase().replace("_", " ")),
    ...prose(type.description),
    others.length ? make("p", {}, type.possibleTypes?.length ? "Is one of " : "Implements ",
      others.flatMap((each, index) => [index ? ", " : null,
        button(each.name, () => show([...trail, each.name]))])) : null,
    make("dl", {}, members.flatMap(describeField)),
  ].filter(Boolean);
}

function show(names) {
  trail = names;
  byId("trail").replaceChildren(button("Schema", () => show([])),
    ...names.map((name, index) => button(name, () => show(names.slice(0, index + 1)))));
  const place = byId("schema");
  if (names.length) {
    place.replaceChildren(...describe(names[names.length - 1]));
    place.querySelector("h2").focus();
    return;
  }
  const own = [...schema.types.keys()].filter((name) => !name.startsWith("__")).sort();
  place.replaceChildren(
    make("dl", {}, [...schema.roots].flatMap(([kind, name]) => [
      make("dt", {}, make("code", { class: "word" }, kind), " ", button(name, () => show([name]))),
    ])),
    make("h3", {}, "Types"),
    make("ul", {}, own.map((name) => make("li", {}, button(name, () => show([name]))))));
}

function search(text) {
  if (!schema) return;
  const wanted = text.trim().toLowerCase();
  if (!wanted) { show(trail); return; }
  const hits = [];
  for (const type of schema.types.values()) {
    if (type.name.startsWith("__")) continue;
    if (type.name.toLowerCase().includes(wanted)) hits.push([type.name, type.name]);
    for (const field of type.fields ?? type.inputFields ?? type.enumValues ?? []) {
      if (field.name.toLowerCase().includes(wanted)) hits.push([`${type.name}.${field.name}`, type.name]);
    }
  }
  byId("schema").replaceChildren(
    make("p", { class: "what", role: "status" }, `${hits.length} found`),
    make("ul", {}, hits.slice(0, 100).map(([shown, name]) =>
      make("li", {}, button(shown, () => { byId("search").value = ""; show([name]); })))));
}

// Names that fit ------------------------------------------------------------------------------

// The type whose fields stand where the caret is, found from the tokens before it.
function placeOf(before) {
  const stack = [];
  let type = null;
  let field = null;
  let inside = 0;
  let root = "query";
  let last = "";
  const tokens = tokensOf(before).filter((token) => !isBlank(token));
  for (const [index, token] of tokens.entries()) {
    if (inside) {
      if ("([{".includes(token)) inside += 1;
      if (")]}".includes(token)) inside -= 1;
    } else if ("([".includes(token)) {
      inside = 1;
    } else if (token === "{") {
      stack.push(type);
      if (stack.length === 1) type = schema.types.get(last === "on" ? field : schema.roots.get(root));
      else if (tokens[index - 1] !== "..." && field) {
        type = schema.types.get(field.type ? innermost(field.type) : field);
      }
      field = null;
    } else if (token === "}") {
      type = stack.pop() ?? null;
      root = "query";
    } else if (!stack.length && schema.roots.has(token) && last !== "on") {
      root = token;
    } else if (last === "on") {
      field = token;
      if (!stack.length) { root = null; type = schema.types.get(token); last = "on"; continue; }
    } else if (/^[_A-Za-z]/.test(token)) {
      field = type?.fields?.find(({ name }) => name === token) ?? null;
    }
    last = token;
  }
  return { type, inside };
}

function namesThatFit() {
  const query = byId("query");
  const before = query.value.slice(0, query.selectionStart);
  const begun = /[_A-Za-z][_0-9A-Za-z]*$/.exec(before)?.[0] ?? "";
  // Not in a comment, nor in a text.
  if (/^[#"]/.test(tokensOf(before).at(-1) ?? "")) return { begun, names: [] };
  const { type, inside } = placeOf(before.slice(0, before.length - begun.length));
  if (inside) return { begun, names: [] };
  const fields = type?.fields ?? [];
  const names = fields.filter(({ name }) => name.toLowerCase().startsWith(begun.toLowerCase()))
    .map(({ name, type: of }) => [name, written(of)]);
  if (type && "__typename".startsWith(begun)) names.push(["__typename", "String!"]);
  return { begun, names };
}

let fitting = { begun: "", names: [] };
let marked = 0;

function offer() {
  if (!schema) return;
  fitting = namesThatFit();
  marked = 0;
  drawNames();
}

function drawNames() {
  const list = byId("names");
  list.hidden = !fitting.names.length;
  list.replaceChildren(...fitting.names.map(([name, type], index) => {
    const item = make("li", { role: "option", "aria-selected": String(index === marked) }, name,
      make("span", { class: "type" }, type));
    item.addEventListener("mousedown", (event) => { event.preventDefault(); take(index); });
    return item;
  }));
  list.children[marked]?.scrollIntoView({ block: "nearest" });
}

function take(index) {
  const query = byId("query");
  const [name] = fitting.names[index];
  query.setRangeText(name, query.selectionStart - fitting.begun.length, query.selectionStart, "end");
  closeNames();
  paint();
}

function closeNames() {
  fitting = { begun: "", names: [] };
  drawNames();
}

function onKey(event) {
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
    event.preventDefault();
    closeNames();
    run();
  } else if (event.ctrlKey && event.key === " ") {
    event.preventDefault();
    offer();
  } else if (!byId("names").hidden) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      marked = (marked + step + fitting.names.length) % fitting.names.length;
      drawNames();
    } else if (event.key === "Enter") {
      event.preventDefault();
      take(marked);
    } else if (event.key === "Escape") {
      event.preventDefault();
      closeNames();
    }
  }
}

// Asking ----------------------------------------------------------------------------------------

function fieldsOf(text) {
  return Object.fromEntries(text.split("\n").filter((line) => line.includes(":"))
    .map((line) => [line.slice(0, line.indexOf(":")).trim(), line.slice(line.indexOf(":") + 1).trim()]));
}

async function ask(content, signal) {
  const answer = await fetch(location.pathname, {
    method: "POST",
    headers: { ...fieldsOf(byId("headers").value), "Content-Type": "application/json",
      Accept: "application/graphql-response+json, application/json" },
    body: JSON.stringify(content),
    signal,
  });
  const text = await answer.text();
  try {
    return JSON.parse(text);
  } catch {
    return { errors: [{ message: `${answer.status} ${answer.statusText} ${text}` }] };
  }
}

// Server-sent events of one operation, each result as it comes.
async function listen(content, signal, take) {
  const answer = await fetch(location.pathname, {
    method: "POST",
    headers: { ...fieldsOf(byId("headers").value), "Content-Type": "application/json",
      Accept: "text/event-stream" },
    body: JSON.stringify(content),
    signal,
  });
  if (!answer.headers.get("content-type")?.startsWith("text/event-stream")) {
    take(JSON.parse(await answer.text()));
    return;
  }
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const events = `${rest}${value}`.split("\n\n");
    rest = events.pop();
    for (const event of events) {
      const lines = event.split("\n");
      const data = lines.filter((line) => line.startsWith("data: ")).map((line) => line.slice(6)).join("\n");
      if (lines.includes("event: next")) take(JSON.parse(data));
    }
  }
}

let going = null;

function say(text, isBad = false) {
  byId("status").textContent = text;
  byId("status").className = isBad ? "bad" : "";
}

function draw(value) {
  const text = JSON.stringify(value, null, 2);
  const pieces = text.split(/("(?:\\.|[^"\\])*"(?:\s*:)?)/);
  return pieces.map((piece) => piece[0] !== '"' ? piece
    : make("span", { class: piece.endsWith(":") ? "name" : "text" }, piece));
}

function variablesOf() {
  const text = byId("variables").value.trim();
  if (!text) return undefined;
  const variables = JSON.parse(text);
  if (variables === null || typeof variables !== "object" || Array.isArray(variables)) {
    throw new SyntaxError("they are an object");
  }
  return variables;
}

async function run() {
  going?.abort();
  const query = byId("query").value;
  const operationName = byId("operation").value || undefined;
  let variables;
  try {
    variables = variablesOf();
  } catch (error) {
    say(`The variables are not JSON: ${error.message}`, true);
    byId("variables").focus();
    return;
  }
  const content = { query, variables, operationName };
  const operations = operationsOf(query);
  const chosen = operations.find(({ name }) => name === (operationName ?? "")) ?? operations[0];
  const mine = going = new AbortController();
  const begun = performance.now();
  const result = byId("result");
  keep({ query, variables: byId("variables").value });
  result.replaceChildren();
  byId("stop").hidden = false;
  say("Running …");
  try {
    if (chosen?.kind === "subscription") {
      let count = 0;
      await listen(content, mine.signal, (each) => {
        count += 1;
        say(`${count} so far`);
        result.prepend(make("div", {}, draw(each), "\n"));
        if (result.children.length > MOST_SHOWN) result.lastElementChild.remove();
      });
      say(`Complete: ${count} in ${Math.round(performance.now() - begun)} ms`);
    } else {
      const answer = await ask(content, mine.signal);
      result.replaceChildren(...draw(answer));
      say(`${answer.errors ? `${answer.errors.length} errors` : "Done"} in ${Math.round(performance.now() - begun)} ms`,
        Boolean(answer.errors));
    }
  } catch (error) {
    if (mine.signal.aborted) { if (going === mine) say("Stopped"); }
    else say(`There was no answer: ${error.message}`, true);
  } finally {
    if (going === mine) { going = null; byId("stop").hidden = true; }
  }
}

// History -----------------------------------------------------------------------------------------

function kept() {
  try {
    return JSON.parse(localStorage.getItem(KEPT)) ?? [];
  } catch {
    return [];
  }
}

function keep(entry) {
  const others = kept().filter(({ query, variables }) => query !== entry.query || variables !== entry.variables);
  try {
    localStorage.setItem(KEPT, JSON.stringify([entry, ...others].slice(0, MOST_KEPT)));
  } catch {
    // A browser that keeps nothing.
  }
  drawHistory();
}

function drawHistory() {
  const entries = kept();
  byId("none").hidden = byId("forget").hidden = false;
  byId("forget").hidden = !entries.length;
  byId("none").hidden = entries.length > 0;
  byId("history").replaceChildren(...entries.map((entry) =>
    make("li", {}, button(entry.query.replace(/\s+/g, " ").trim().slice(0, 80), () => {
      byId("query").value = entry.query;
      byId("variables").value = entry.variables;
      paint();
      byId("query").focus();
    }))));
}

// The beginning -------------------------------------------------------------------------------------

function start() {
  const query = byId("query");
  query.value = kept()[0]?.query ?? "{\n  __typename\n}\n";
  byId("variables").value = kept()[0]?.variables ?? "";
  query.addEventListener("input", () => { paint(); if (!byId("names").hidden) offer(); });
  query.addEventListener("keydown", onKey);
  query.addEventListener("blur", closeNames);
  byId("run").addEventListener("click", run);
  byId("stop").addEventListener("click", () => going?.abort());
  byId("tidy").addEventListener("click", () => { query.value = tidied(query.value); paint(); });
  byId("forget").addEventListener("click", () => { localStorage.removeItem(KEPT); drawHistory(); });
  byId("search").addEventListener("input", (event) => search(event.target.value));
  byId("headers").addEventListener("change", readSchema);
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) {
      event.preventDefault();
      byId("search").focus();
    }
  });
  paint();
  drawHistory();
  readSchema();
}

start();
