import { readFileSync } from 'node:fs'
import https from 'node:https'
import * as client from 'openid-client'
import { done, refused, settings } from './talk.mjs'

// Node's own https with a certificate; the library asks for nothing else.
const calls = []
const fetchWith = (shown) => (url, options) => new Promise((resolve, reject) => {
  calls.push(String(url))
  const files = shown ? { cert: readFileSync(shown + '.pem'), key: readFileSync(shown + '.key') } : {}
  const request = https.request(url, { method: options.method, headers: Object.fromEntries(new Headers(options.headers)), ca: readFileSync(settings.ca), agent: false, ...files }, (answer) => {
    const parts = []
    answer.on('data', (part) => parts.push(part))
    answer.on('end', () => resolve(new Response(Buffer.concat(parts), { status: answer.statusCode, headers: answer.headers })))
  })
  request.on('error', reject)
  request.end(options.body ? String(options.body) : undefined)
})
const discovered = async (shown) => {
  const config = await client.discovery(new URL(settings.issuer), settings.id, { use_mtls_endpoint_aliases: true, tls_client_certificate_bound_access_tokens: true }, client.TlsClientAuth(),
    { [client.customFetch]: fetchWith(shown) })
  return config
}
const good = await discovered(settings.shown)
const tokens = await client.clientCredentialsGrant(good, { scope: settings.scope })
const seen = await client.tokenIntrospection(good, tokens.access_token)
const wrong = await refused(client.clientCredentialsGrant(await discovered(settings.other), { scope: settings.scope }))
const none = await refused(client.clientCredentialsGrant(await discovered(null), { scope: settings.scope }))
done({ token: tokens.access_token, active: seen.active, cnf: seen.cnf, wrong, none, calls })
