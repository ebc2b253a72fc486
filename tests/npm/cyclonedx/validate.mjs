// Holds the bill of materials on standard input against CycloneDX 1.6's schema, strictly; prints what is wrong.
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { readFileSync } from 'node:fs';

const text = readFileSync(0, 'utf8');
const wrong = await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(text);
if (wrong !== null) {
  console.log(JSON.stringify(wrong, null, 1));
  process.exitCode = 1;
}
