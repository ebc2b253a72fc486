import * as client from 'openid-client'
import { browse, done, refused, settings } from './talk.mjs'

const config = await client.discovery(new URL(settings.issuer), settings.id, settings.secret, undefined, { execute: [client.allowInsecureRequests] })
const flow = async (scope) => {
  const verifier = client.randomPKCECodeVerifier(), state = client.randomState(), nonce = client.randomNonce()
  const url = client.buildAuthorizationUrl(config, { redirect_uri: settings.redirect, scope, state, nonce,
    code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' })
  const back = await browse(url)
  const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true }
  return { back, checks, tokens: await client.authorizationCodeGrant(config, back, checks) }
}
const { tokens } = await flow(settings.scope)
const claims = tokens.claims()
const info = await client.fetchUserInfo(config, tokens.access_token, claims.sub)
const fresh = await client.refreshTokenGrant(config, tokens.refresh_token)
const seen = await client.tokenIntrospection(config, fresh.access_token)
const newest = await client.refreshTokenGrant(config, fresh.refresh_token)
const replayed = await refused(client.refreshTokenGrant(config, tokens.refresh_token))
const after = await client.tokenIntrospection(config, newest.access_token)
const second = await flow(settings.scope)
const codeTwice = await refused(client.authorizationCodeGrant(config, second.back, second.checks))
const third = await flow(settings.scope)
await client.tokenRevocation(config, third.tokens.refresh_token)
const revoked = await client.tokenIntrospection(config, third.tokens.access_token)
done({ sub: claims.sub, info: info.sub, active: seen.active, replayed, after: after.active, codeTwice, revoked: revoked.active,
  logout: client.buildEndSessionUrl(config, { id_token_hint: tokens.id_token, post_logout_redirect_uri: settings.bye }).href })
