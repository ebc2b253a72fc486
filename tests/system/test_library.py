"""libjeton as embedders use it: installed, found by pkg-config and by CMake, and the examples compiled and run."""
import json
import os
import re
import subprocess

import pytest

from offline import ROOT, Bench, hs256, jeton

BUILD = ROOT / "build"


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    if not list(BUILD.glob("libjeton.so*")):
        pytest.skip("libjeton is not built: ninja -C build libjeton")
    folder = tmp_path_factory.mktemp("installed")
    subprocess.run(["cmake", "--install", BUILD, "--component", "library", "--prefix", folder], check=True, capture_output=True)
    return folder


@pytest.fixture
def bench(folder):
    return Bench(folder)


def compiled(prefix, folder, command, source, name):
    pc = next(prefix.rglob("jeton.pc")).parent
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "jeton"], env={**os.environ, "PKG_CONFIG_PATH": str(pc)}, check=True, capture_output=True, text=True).stdout.split()
    program = folder / name
    done = subprocess.run([*command, source, "-o", program, *flags, f"-Wl,-rpath,{pc.parent}"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return program


def judged(program, bench):
    private, public, jwk = bench.key("ES256")
    claims = {"iss": "https://i", "aud": "a", "sub": "ada"}
    good = bench.sign(private, claims, "--expires", "5m")

    def run(token, keys=public, issuer="https://i", audience="a"):
        done = subprocess.run([program, keys, issuer, audience], input=token, capture_output=True, text=True, timeout=20)
        return done.returncode, done.stdout.strip() or done.stderr.strip()
    assert run(good) == (0, "ada")
    assert run(good[:-3] + ("AAA" if good[-3:] != "AAA" else "BBB"))[0] == 1
    assert run(good, audience="b") == (1, "wrong_audience")
    assert run(good, issuer="https://j") == (1, "wrong_issuer")
    assert run(bench.sign(private, {**claims, "exp": 1})) == (1, "expired")
    assert run(hs256(public.read_bytes(), {"alg": "HS256", "kid": jwk["kid"]}, {**claims, "exp": 4102444800})) == (1, "unsupported")
    assert run("") == (1, "malformed") or run("")[0] in (1, 2)
    assert run(good, keys=bench.write("bad.json", "{}")) == (1, "malformed")
    _, pem, _ = jeton("jwk", "pem", private)
    assert run(good, keys=bench.write("key.pem", pem.decode())) == (0, "ada")


def test_the_example_in_c(prefix, bench):
    program = compiled(prefix, bench.folder, ["cc", "-std=c11", "-Wall", "-Wextra", "-Werror"], ROOT / "examples" / "c" / "verify.c", "verify-c")
    judged(program, bench)


def test_the_example_in_cpp(prefix, bench):
    program = compiled(prefix, bench.folder, ["c++", "-std=c++23", "-Wall", "-Wextra", "-Werror"], ROOT / "examples" / "cpp" / "verify.cc", "verify-cpp")
    judged(program, bench)


def test_cmake_finds_it(prefix, bench):
    where = bench.folder / "cmake"
    subprocess.run(["cmake", "-S", ROOT / "examples" / "cpp", "-B", where, f"-DCMAKE_PREFIX_PATH={prefix}"], check=True, capture_output=True)
    subprocess.run(["cmake", "--build", where], check=True, capture_output=True)
    judged(where / "verify", bench)


def test_only_what_is_promised_shows(prefix):
    library = next(prefix.rglob("libjeton.so"))
    names = subprocess.run(["nm", "-D", "--defined-only", "--demangle", library], check=True, capture_output=True, text=True).stdout.splitlines()
    shown = [line.split(maxsplit=2)[2] for line in names]
    assert any(name.startswith("jeton_verify@@JETON_1") for name in shown)
    for name in shown:
        assert re.match(r"(typeinfo |typeinfo name |vtable )?(for )?(jeton_|libjeton::|JETON_1)", name), name


def test_headers_stand_alone_and_are_half_prose(prefix):
    for header in sorted((prefix / "include" / "jeton").glob("*.h")):
        done = subprocess.run(["c++", "-std=c++23", "-fsyntax-only", "-x", "c++", "-I", prefix / "include", header], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        lines = [line.strip() for line in header.read_text().splitlines() if line.strip()]
        comment, inside = 0, False
        for line in lines:
            inside = inside or line.startswith("/*")
            comment += inside or "//" in line or "/*" in line
            inside = inside and "*/" not in line
        assert comment >= 0.4 * len(lines), f"{header.name}: {comment} of {len(lines)} lines are prose"


def test_c_takes_nothing_for_something(prefix, bench):
    source = bench.write("nothing.c", """
#include <jeton/jeton.h>
#include <stdio.h>
#include <string.h>
int main(void) {
  jeton_keys *keys = (jeton_keys *)1;
  jeton_claims *claims = (jeton_claims *)1;
  char *token = (char *)1;
  const int failed = jeton_keys_parse(NULL, 0, &keys) != JETON_MALFORMED || keys != NULL || jeton_keys_parse("{}", 2, NULL) == JETON_OK
    || jeton_verify(NULL, "x", 1, 0, &claims) != JETON_MALFORMED || claims != NULL || jeton_sign(NULL, "{}", 2, NULL, &token) == JETON_OK;
  jeton_keys_free(NULL);
  jeton_claims_free(NULL);
  jeton_verifier_free(NULL);
  jeton_signer_free(NULL);
  jeton_text_free(NULL);
  puts(jeton_version());
  return failed || strcmp(jeton_status_name(JETON_BAD_SIGNATURE), "bad_signature") != 0;
}
""")
    program = compiled(prefix, bench.folder, ["cc", "-std=c11", "-Wall", "-Werror"], source, "nothing")
    done = subprocess.run([program], capture_output=True, text=True)
    assert done.returncode == 0 and re.match(r"\d+\.\d+\.\d+$", done.stdout.strip())


def test_a_signer_and_a_verifier_in_cpp(prefix, bench):
    source = bench.write("round.cc", """
#include <iostream>
#include <jeton/signer.h>
#include <jeton/verifier.h>
using namespace std::chrono_literals;
int main(int, char** argv) {
  const auto keys = libjeton::Keys::parse(argv[1]);
  const auto signer = libjeton::Signer::make(*keys);
  const auto token = signer->sign(R"({"iss":"i","aud":["a"],"sub":"s","jti":"j","client_id":"c","scope":"x y","iat":1,"exp":2000})", "at+jwt");
  const auto seen = libjeton::Keys::parse(*signer->public_jwk());
  const auto verifier = libjeton::Verifier::make(*seen, {.issuer = "i", .audience = "a", .typ = "at+jwt"});
  const std::chrono::sys_seconds at(1999s), late(2000s);
  const auto good = verifier->verify(*token, at);
  return good && good->scope() == "x y" && good->token_id() == "j" && good->expires() == late && keys->check() && keys->thumbprint() &&
         verifier->verify(*token, late).error() == libjeton::Reason::Expired && !signer->sign("[]") && !signer->sign("{\\"a\\":1,\\"a\\":2}") &&
         !libjeton::Signer::make(*seen) && !libjeton::Verifier::make(*seen, {.issuer = "", .audience = "a"}) ? 0 : 1;
}
""")
    program = compiled(prefix, bench.folder, ["c++", "-std=c++23"], source, "round")
    _, _, jwk = bench.key("EdDSA")
    assert subprocess.run([program, json.dumps(jwk)]).returncode == 0
