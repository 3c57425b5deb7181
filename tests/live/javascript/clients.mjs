// The audits of GraphQL over HTTP, and clients as their users have them.
// node clients.mjs PORT: prints a JSON object, what each of them found.

import { serverAudits } from "graphql-http";
import { createClient as createSocketClient } from "graphql-ws";
import { createClient as createEventClient } from "graphql-sse";
import WebSocket from "ws";

const place = `127.0.0.1:${process.argv[2]}/graphql`;
const found = { audits: {} };

for (const audit of serverAudits({ url: `http://${place}` })) {
  const result = await audit.fn();
  found.audits[audit.id] = result.status === "ok" ? "ok" : result.reason;
}

async function take(client, query, most) {
  const results = [];
  for await (const result of client.iterate({ query })) {
    results.push(result);
    if (results.length === most) break;
  }
  return results;
}

const socketClient = (options) =>
  createSocketClient({
    url: `ws://${place}`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    ...options,
  });

const clients = {
  "graphql-ws": socketClient({ keepAlive: 10, lazy: true }),
  "graphql-sse": createEventClient({ url: `http://${place}`, retryAttempts: 0 }),
};
for (const [name, client] of Object.entries(clients)) {
  found[name] = {
    query: await take(client, "{ books { title } }"),
    mutation: await take(client, 'mutation { add(title: "Persuasion") { title } }'),
    subscription: await take(client, "subscription { count(to: 3) }"),
    left: (await take(client, "subscription { ticks }", 3)).length,
  };
  try {
    found[name].invalid = await take(client, "{ nonsense }");
  } catch (errors) {
    found[name].invalid = errors;
  }
  await client.dispose();
}

const refused = socketClient({ connectionParams: { token: "wrong" } });
try {
  await take(refused, "{ books { title } }");
} catch (closed) {
  found.refused = [closed.code, closed.reason];
}

console.log(JSON.stringify(found));
