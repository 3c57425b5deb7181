"use strict";

const fetcher = GraphiQL.createFetcher({
  url: location.href,
  subscriptionUrl: location.href.replace(/^http/, "ws"),
});
ReactDOM.createRoot(document.getElementById("graphiql")).render(
  React.createElement(GraphiQL, { fetcher }));
