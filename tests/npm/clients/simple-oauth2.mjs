import simple from 'simple-oauth2'
import { browse, done, refused, settings } from './talk.mjs'

// This client knows no PKCE: it is registered to send a nonce.
const client = new simple.AuthorizationCode({ client: { id: settings.id, secret: settings.secret },
  auth: { tokenHost: settings.issuer, tokenPath: '/oauth/token', authorizePath: '/oauth/authorize', revokePath: '/oauth/revoke' } })
const back = await browse(client.authorizeURL({ redirect_uri: settings.redirect, scope: settings.scope, state: 's-1', nonce: 'n-1' }))
const code = back.searchParams.get('code')
let token = await client.getToken({ code, redirect_uri: settings.redirect, scope: settings.scope })
const first = token.token.access_token
token = await token.refresh()
const codeTwice = await refused(client.getToken({ code, redirect_uri: settings.redirect }))
const machine = new simple.ClientCredentials({ client: { id: settings.machine, secret: settings.machineSecret }, auth: { tokenHost: settings.issuer, tokenPath: '/oauth/token' } })
const own = await machine.getToken({ scope: settings.machineScope })
await own.revoke('access_token')
done({ first, second: token.token.access_token, codeTwice, own: own.token.access_token })
