// An API that asks Jeton about the token of each call.
// Environment: JETON_URL, JETON_TOKEN (this API's own key), PORT.
import http from "node:http";

const jeton = process.env.JETON_URL ?? "http://127.0.0.1:8420";
const key = process.env.JETON_TOKEN;

// What Jeton decides. Anything but a clear yes is a no: also when Jeton cannot be reached.
async function check(token, scope, ip) {
  const answer = await fetch(`${jeton}/v1/verify`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${key}` },
    body: JSON.stringify({ token, scope, ip }),
    signal: AbortSignal.timeout(2000),
  });
  if (!answer.ok) throw new Error(`Jeton answered ${answer.status}`);
  return answer.json();
}

function say(response, status, body, challenge) {
  response.writeHead(status, { "Content-Type": "application/json", ...(challenge && { "WWW-Authenticate": challenge }) });
  response.end(JSON.stringify(body));
}

// Who calls, or nothing after a refusal was sent.
async function allowed(request, response, scope) {
  const [, token] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "") ?? [];
  if (!token) return say(response, 401, { error: "no token" }, 'Bearer realm="orders"');
  let answer;
  try {
    answer = await check(token, scope, request.socket.remoteAddress);
  } catch {
    return say(response, 503, { error: "tokens cannot be checked now" });
  }
  if (answer.decision?.allow === true) return answer.token.principal;
  if (answer.decision?.reason === "scope")
    return say(response, 403, { error: "not allowed" }, `Bearer realm="orders", error="insufficient_scope", scope="${scope}"`);
  if (answer.active) return say(response, 403, { error: "not allowed" });
  return say(response, 401, { error: "the token is not valid" }, 'Bearer realm="orders", error="invalid_token"');
}

const server = http.createServer(async (request, response) => {
  request.resume();
  const writes = request.method !== "GET" && request.method !== "HEAD";
  const caller = await allowed(request, response, writes ? "orders:write" : "orders:read");
  if (caller) say(response, writes ? 201 : 200, writes ? { order: 4, for: caller } : { orders: [1, 2, 3], for: caller });
});
server.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => console.log(`orders on http://127.0.0.1:${server.address().port}`));
