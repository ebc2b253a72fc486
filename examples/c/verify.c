/* verify KEYS ISSUER AUDIENCE < TOKEN: prints the subject of a good token. */
#include <jeton/jeton.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static char text[256 * 1024], token[16 * 1024];

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  FILE *file = fopen(argv[1], "rb");
  const size_t length = file ? fread(text, 1, sizeof text, file) : 0;
  if (file) fclose(file);
  if (!fgets(token, sizeof token, stdin)) return 2;
  token[strcspn(token, "\n")] = 0;

  const jeton_policy policy = {.size = sizeof policy, .issuer = argv[2], .audience = argv[3]};
  jeton_keys *keys = NULL;
  jeton_verifier *verifier = NULL;
  jeton_claims *claims = NULL;
  jeton_status status = jeton_keys_parse(text, length, &keys);
  if (status == JETON_OK) status = jeton_verifier_new(keys, &policy, &verifier);
  if (status == JETON_OK) status = jeton_verify(verifier, token, strlen(token), time(NULL), &claims);
  if (status == JETON_OK) puts(jeton_claims_subject(claims));
  if (status != JETON_OK) fprintf(stderr, "%s\n", jeton_status_name(status));
  jeton_claims_free(claims);
  jeton_verifier_free(verifier);
  jeton_keys_free(keys);
  return status == JETON_OK ? 0 : 1;
}
