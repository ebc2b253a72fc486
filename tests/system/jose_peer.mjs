// Another implementation of JOSE, npm's jose, spoken to in lines of JSON: {"do": "sign", …} gives {"ok": …} or {"error": …}.
import { createInterface } from 'node:readline';
import { createRequire } from 'node:module';

const require = createRequire(new URL('../npm/package.json', import.meta.url));
const jose = require('jose');
const octets = (text) => Buffer.from(text, 'base64');

const acts = {
  async generate({ alg, crv }) {
    const pair = await jose.generateKeyPair(alg, { extractable: true, crv });
    return { private: { ...(await jose.exportJWK(pair.privateKey)), alg }, public: { ...(await jose.exportJWK(pair.publicKey)), alg } };
  },
  async sign({ alg, key, payload, header }) {
    return new jose.CompactSign(octets(payload)).setProtectedHeader({ alg, ...header }).sign(await jose.importJWK(key, alg));
  },
  async verify({ alg, key, token }) {
    const { payload } = await jose.compactVerify(token, await jose.importJWK(key, alg), { algorithms: [alg] });
    return Buffer.from(payload).toString('base64');
  },
  async verifyFlat({ alg, key, token }) {
    const { payload } = await jose.flattenedVerify(token, await jose.importJWK(key, alg), { algorithms: [alg] });
    return Buffer.from(payload).toString('base64');
  },
  async signFlat({ alg, key, payload, header }) {
    return new jose.FlattenedSign(octets(payload)).setProtectedHeader({ alg, ...header }).sign(await jose.importJWK(key, alg));
  },
  async encrypt({ alg, enc, key, payload }) {
    return new jose.CompactEncrypt(octets(payload)).setProtectedHeader({ alg, enc }).encrypt(await jose.importJWK(key, alg));
  },
  async encryptFlat({ alg, enc, key, payload, aad }) {
    const e = new jose.FlattenedEncrypt(octets(payload)).setProtectedHeader({ alg, enc });
    if (aad) e.setAdditionalAuthenticatedData(octets(aad));
    return e.encrypt(await jose.importJWK(key, alg));
  },
  async decrypt({ alg, key, token }) {
    const options = { keyManagementAlgorithms: [alg], maxPBES2Count: 1000000 };
    const { plaintext } = await jose.compactDecrypt(token, await jose.importJWK(key, alg), options);
    return Buffer.from(plaintext).toString('base64');
  },
  async decryptFlat({ alg, key, token }) {
    const { plaintext } = await jose.flattenedDecrypt(token, await jose.importJWK(key, alg), { keyManagementAlgorithms: [alg] });
    return Buffer.from(plaintext).toString('base64');
  },
  async thumbprint({ key }) {
    return jose.calculateJwkThumbprint(key);
  },
  async jwt({ alg, key, token, issuer, audience, at, typ }) {
    const keys = key.keys ? jose.createLocalJWKSet(key) : await jose.importJWK(key, alg);
    const { payload } = await jose.jwtVerify(token, keys, { issuer, audience, typ, algorithms: alg && [alg], currentDate: new Date(at * 1000), requiredClaims: ['exp'] });
    return payload;
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  let answer;
  try {
    answer = { ok: await acts[asked.do](asked) };
  } catch (error) {
    answer = { error: error.code ?? error.name };
  }
  process.stdout.write(JSON.stringify(answer) + '\n');
}
