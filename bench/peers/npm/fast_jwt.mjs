// fast-jwt on the same claims: verified anew each time, and found again in its cache. Prints nanoseconds a token as JSON, the best of
// many batches.
import { createHmac, generateKeyPairSync, randomBytes } from 'node:crypto'
import { createSigner, createVerifier } from 'fast-jwt'

const claims = {
  iss: 'https://tokens.example.com', sub: 'usr_01JDZ8G7Q4Y9M2T5K6W3X0V1BN', aud: 'https://orders.example.com', exp: 4102444800, iat: 1732406400,
  nbf: 1732406400, jti: 'tok_01JDZ8G7Q4Y9M2T5K6W3X0V1BP', client_id: 'cli_01JDZ8G7Q4Y9M2T5K6W3X0V1BQ',
  scope: 'orders:read orders:write invoices:read', dev: 'dev_01JDZ8G7Q4Y9M2T5K6W3X0V1BR', auth_time: 1732406400
}
const asked = { allowedIss: claims.iss, allowedAud: claims.aud }

function best(batches, size, once) {
  let lowest = Infinity
  for (let b = 0; b < batches; b++) {
    const start = process.hrtime.bigint()
    for (let i = 0; i < size; i++) once()
    lowest = Math.min(lowest, Number(process.hrtime.bigint() - start) / size)
  }
  return lowest
}

function pair(alg) {
  if (alg === 'HS256') return { sign: randomBytes(32).toString('hex'), verify: null }
  const [kind, options] = { ES256: ['ec', { namedCurve: 'P-256' }], RS256: ['rsa', { modulusLength: 2048 }], EdDSA: ['ed25519', {}] }[alg]
  const { publicKey, privateKey } = generateKeyPairSync(kind, options)
  return { sign: privateKey.export({ type: 'pkcs8', format: 'pem' }), verify: publicKey.export({ type: 'spki', format: 'pem' }) }
}

const found = {}
for (const algorithm of ['HS256', 'ES256', 'RS256', 'EdDSA']) {
  const key = pair(algorithm)
  const token = createSigner({ key: key.sign, algorithm })(claims)
  const verify = createVerifier({ key: key.verify ?? key.sign, algorithms: [algorithm], ...asked })
  found[`first_sight/${algorithm}`] = best(60, 200, () => verify(token))
}

// Signed by hand: a hundred thousand of them would take its signer a minute.
const secret = randomBytes(32).toString('hex')
const head = Buffer.from('{"alg":"HS256","typ":"JWT"}').toString('base64url')
function numbered(n) {
  const input = head + '.' + Buffer.from(JSON.stringify({ ...claims, jti: 'tok_' + String(n).padStart(26, '0') })).toString('base64url')
  return input + '.' + createHmac('sha256', secret).update(input).digest('base64url')
}
for (const count of [1, 1000, 100000]) {
  const tokens = Array.from({ length: count }, (_, n) => numbered(n))
  const verify = createVerifier({ key: secret, algorithms: ['HS256'], cache: 2 * count, cacheTTL: 3600000, ...asked })
  for (const token of tokens) verify(token)
  let draw = 1
  found[`cache/${count}`] = best(60, 2000, () => {
    draw = (Math.imul(draw, 1664525) + 1013904223) >>> 0
    verify(tokens[draw % count])
  })
}
console.log(JSON.stringify(found))
