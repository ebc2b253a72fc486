// oidc-provider as its documentation sets it up, with its own store in memory: one client that acts for itself, one API a form of token.
import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import Provider from 'oidc-provider'

const server = createServer().listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`
  const key = { ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig', kid: 'k1' }
  const provider = new Provider(issuer, {
    clients: [{ client_id: 'bench', client_secret: process.env.SECRET, grant_types: ['client_credentials'], redirect_uris: [], response_types: [], id_token_signed_response_alg: 'ES256' }],
    jwks: { keys: [key] },
    cookies: { keys: ['of a benchmark alone'] },
    features: {
      devInteractions: { enabled: false }, clientCredentials: { enabled: true }, introspection: { enabled: true, allowedPolicy: () => true },
      resourceIndicators: {
        enabled: true, useGrantedResource: () => true, defaultResource: (ctx, client, oneOf) => oneOf,
        getResourceServerInfo: (ctx, resource) => ({ scope: 'orders:read', audience: resource, accessTokenTTL: 600,
          accessTokenFormat: resource.endsWith('/jwt') ? 'jwt' : 'opaque', jwt: { sign: { alg: 'ES256' } } }),
      },
    },
  })
  server.on('request', provider.callback())
  console.log('serves on ' + issuer)
})
