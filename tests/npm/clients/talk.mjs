// A client tells the test where the browser should go, and is told where it came back to.
import { createInterface } from 'node:readline'

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
export const settings = JSON.parse(process.env.CLIENT)

export async function browse(url) {
  console.log(JSON.stringify({ go: String(url) }))
  return new URL((await lines.next()).value)
}
export function done(result) {
  console.log(JSON.stringify({ done: result }))
  process.exit(0)
}
// What must be refused: the OAuth error code of the promise's failure.
export async function refused(promise) {
  try {
    await promise
  } catch (error) {
    for (let e = error; e; e = e.cause) if (e.error ?? e.data?.payload?.error) return e.error ?? e.data?.payload?.error
    return String(error.code ?? error.message ?? error)
  }
  return 'accepted'
}
