import * as oauth from 'oauth4webapi'
import { browse, done, refused, settings } from './talk.mjs'

const insecure = { [oauth.allowInsecureRequests]: true }
const issuer = new URL(settings.issuer)
const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure }))
const client = { client_id: settings.id }, auth = oauth.None()
const key = await oauth.generateKeyPair('ES256'), DPoP = oauth.DPoP(client, key)
const flow = async (wrong) => {
  const verifier = oauth.generateRandomCodeVerifier(), state = oauth.generateRandomState(), nonce = oauth.generateRandomNonce()
  const pushed = await oauth.processPushedAuthorizationResponse(as, client, await oauth.pushedAuthorizationRequest(as, client, auth, {
    response_type: 'code', redirect_uri: settings.redirect, scope: settings.scope, state, nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' }, { DPoP, ...insecure }))
  const url = new URL(as.authorization_endpoint)
  url.search = new URLSearchParams({ client_id: settings.id, request_uri: pushed.request_uri })
  const parameters = oauth.validateAuthResponse(as, client, await browse(url), state)
  const answer = await oauth.authorizationCodeGrantRequest(as, client, auth, parameters, settings.redirect, wrong ?? verifier, { DPoP, ...insecure })
  return oauth.processAuthorizationCodeResponse(as, client, answer, { expectedNonce: nonce, requireIdToken: true })
}
const tokens = await flow()
const sub = oauth.getValidatedIdTokenClaims(tokens).sub
const info = await oauth.processUserInfoResponse(as, client, sub, await oauth.userInfoRequest(as, client, tokens.access_token, { DPoP, ...insecure }))
// What an API's gateway would be shown for this call.
const shown = async (proof) => {
  let headers
  await oauth.protectedResourceRequest(tokens.access_token, 'GET', new URL('https://api.example.com/orders/7?x=1'), new Headers(), null,
    { DPoP: proof, [oauth.customFetch]: async (_, options) => { headers = new Headers(options.headers); return new Response('') } })
  return { Authorization: headers.get('authorization'), DPoP: headers.get('dpop') }
}
const calls = [await shown(DPoP), await shown(DPoP), await shown(oauth.DPoP(client, await oauth.generateKeyPair('ES256')))]
if (settings.keep) done({ calls })
const wrongVerifier = await refused(flow(oauth.generateRandomCodeVerifier()))
const refresh = async (token, options) => oauth.processRefreshTokenResponse(as, client, await oauth.refreshTokenGrantRequest(as, client, auth, token, { ...insecure, ...options }))
const fresh = await refresh(tokens.refresh_token, { DPoP })
const otherKey = await refused(refresh(fresh.refresh_token, { DPoP: oauth.DPoP(client, await oauth.generateKeyPair('ES256')) }))
const noKey = await refused(refresh(fresh.refresh_token, {}))
const answer = await oauth.revocationRequest(as, client, auth, fresh.refresh_token, insecure)
await oauth.processRevocationResponse(answer)
const revoked = await refused(refresh(fresh.refresh_token, { DPoP }))
done({ sub, info: info.sub, calls, type: tokens.token_type, access: tokens.access_token, wrongVerifier, otherKey, noKey, revoked })
