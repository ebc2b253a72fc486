// A web application behind express-openid-connect: prints where it listens, then runs until its input ends.
import express from 'express'
import oidc from 'express-openid-connect'
import { settings } from './talk.mjs'

const app = express()
// Where it keeps which sessions were logged out, as express-session's stores do.
const kept = new Map()
const store = {
  get: (id, then) => then(null, kept.get(id)),
  set: (id, value, then) => { kept.set(id, value); then(null) },
  destroy: (id, then) => { kept.delete(id); then(null) },
}
const server = app.listen(settings.port, '127.0.0.1', () => console.log(JSON.stringify({ ready: true })))
app.use(oidc.auth({
  issuerBaseURL: settings.issuer, baseURL: settings.base, clientID: settings.id, clientSecret: settings.secret, secret: 'of cookies, in this test alone',
  authRequired: false, idpLogout: true, idTokenSigningAlg: 'RS256', authorizationParams: { response_type: 'code', scope: settings.scope, response_mode: 'query' },
  httpTimeout: 20000, session: { cookie: { sameSite: 'Lax' } }, ...(settings.more ?? {}),
  ...(settings.backchannel ? { backchannelLogout: { store } } : {}),
}))
app.get('/', (request, response) => response.json({ in: request.oidc.isAuthenticated(), user: request.oidc.user ?? null }))
app.get('/private', oidc.requiresAuth(), async (request, response) => response.json({ sub: request.oidc.user.sub, info: await request.oidc.fetchUserInfo() }))
app.get('/refresh', oidc.requiresAuth(), async (request, response) => {
  const before = request.oidc.accessToken.access_token
  const { access_token: after } = await request.oidc.accessToken.refresh()
  response.json({ changed: before !== after })
})
app.get('/token', oidc.requiresAuth(), (request, response) => response.json({ access: request.oidc.accessToken.access_token }))
app.use((error, request, response, next) => response.status(error.statusCode ?? 500).json({ error: error.error ?? error.name, message: error.message }))
process.stdin.resume().on('end', () => server.close(() => process.exit(0)))
