import { auth } from '@modelcontextprotocol/sdk/client/auth.js'
import { createServer } from 'node:http'
import { browse, done, settings } from './talk.mjs'

// An MCP server as its client meets it: 401 with a pointer to its metadata (RFC 9728).
const server = createServer((request, response) => {
  if (request.url.startsWith('/.well-known/oauth-protected-resource')) {
    response.setHeader('Content-Type', 'application/json')
    return response.end(JSON.stringify({ resource: settings.resource, authorization_servers: [settings.issuer] }))
  }
  response.statusCode = 404
  response.end()
})
await new Promise((resolve) => server.listen(Number(new URL(settings.resource).port), '127.0.0.1', resolve))
let tokens, verifier, redirected
const provider = {
  redirectUrl: settings.redirect,
  clientMetadata: { client_name: 'mcp', redirect_uris: [settings.redirect] },
  clientInformation: () => ({ client_id: settings.id }),
  tokens: () => tokens,
  saveTokens: (t) => { tokens = t },
  redirectToAuthorization: (url) => { redirected = url },
  saveCodeVerifier: (v) => { verifier = v },
  codeVerifier: () => verifier,
}
const first = await auth(provider, { serverUrl: settings.resource, scope: settings.scope })
const back = await browse(redirected)
const second = await auth(provider, { serverUrl: settings.resource, authorizationCode: back.searchParams.get('code') })
const before = tokens.access_token
const third = await auth(provider, { serverUrl: settings.resource })   // refreshes
server.close()
done({ first, second, third, before, after: tokens.access_token, resource: redirected.searchParams.get('resource') })
