// openid-client with a key of its own: it authenticates by it, pushes its requests, signs them, and reads signed userinfo.
import * as client from 'openid-client'
import { browse, done, refused, settings } from './talk.mjs'

const key = { key: await crypto.subtle.importKey('jwk', settings.key, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']), kid: settings.key.kid }
const stranger = { key: (await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify'])).privateKey, kid: settings.key.kid }
const discover = (by) => client.discovery(new URL(settings.issuer), settings.id, { userinfo_signed_response_alg: settings.userinfoAlg }, client.PrivateKeyJwt(by),
  { execute: [client.allowInsecureRequests] })
const config = await discover(key), wrong = await discover(stranger)
const begin = async (at, signer) => {
  const verifier = client.randomPKCECodeVerifier(), state = client.randomState(), nonce = client.randomNonce()
  const plain = client.buildAuthorizationUrl(config, { redirect_uri: settings.redirect, scope: settings.scope, state, nonce,
    code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' })
  const signed = await client.buildAuthorizationUrlWithJAR(config, plain.searchParams, signer)
  const url = at === 'signed' ? signed : await client.buildAuthorizationUrlWithPAR(at === 'wrong' ? wrong : config, signed.searchParams)
  return { url, checks: { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true } }
}
const flow = async (at) => {
  const { url, checks } = await begin(at, key)
  const back = await browse(url)
  return { back, checks, tokens: await client.authorizationCodeGrant(config, back, checks) }
}
const pushed = await flow('pushed'), signed = await flow('signed')
const sub = signed.tokens.claims().sub
const info = await client.fetchUserInfo(config, signed.tokens.access_token, sub)
const fresh = await client.refreshTokenGrant(config, signed.tokens.refresh_token)
const own = await client.clientCredentialsGrant(config, { scope: settings.own })
done({ pushed: pushed.tokens.claims().sub, sub, info: info.sub, refreshed: fresh.token_type, own: own.token_type,
  wrongKeyPushed: await refused(begin('wrong', key)), wrongKeySigned: await refused(begin('pushed', stranger)),
  wrongKeyRefresh: await refused(client.refreshTokenGrant(wrong, fresh.refresh_token)), wrongKeyOwn: await refused(client.clientCredentialsGrant(wrong, { scope: settings.own })),
  codeTwice: await refused(client.authorizationCodeGrant(config, pushed.back, pushed.checks)) })
