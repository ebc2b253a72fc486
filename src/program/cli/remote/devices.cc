// device: what users and service accounts hold their tokens on.
#include "program/cli/remote/server.h"

namespace jeton::cli {
namespace {

constexpr Column kColumns[] = {{"ID", "id"}, {"NAME", "name"}, {"PRINCIPAL", "principal"}, {"REVOKED", "revoked"}, {"CREATED", "created"}};

std::string path_of(const Arguments& given, std::string_view verb = {}) {
  return "/v1/devices/" + http::percent_encode(*given.get("DEVICE")) + std::string(verb);
}

int create_device(const Arguments& given) {
  Body body;
  body.text("principal", given.get("PRINCIPAL")).text("name", given.get("NAME")).networks(given);
  return show_answer(given, create(given, "/v1/devices", body.done()));
}

int list_devices(const Arguments& given) {
  std::string path = "/v1/devices";
  add_query(path, "principal", given.get("PRINCIPAL"));
  return list(given, path, kColumns);
}

int show_device(const Arguments& given) { return show_answer(given, ask(given, {.path = path_of(given)})); }

int update_device(const Arguments& given) {
  Body body;
  body.text("name", given.get("--name")).networks(given);
  return show_answer(given, ask(given, {.method = "PATCH", .path = path_of(given), .body = body.done()}));
}

int revoke_device(const Arguments& given) {
  return done(given, ask(given, {.method = "POST", .path = path_of(given, "/revoke")}), "Revoked; its tokens have ended.");
}

constexpr Operand kNew[] = {{"PRINCIPAL", "the name or id of the user or service account"}, {"NAME", "what the device is called"}};
constexpr Operand kOwner[] = {{"PRINCIPAL", "the name or id of a user or service account; all devices where not given", Count::Maybe}};
constexpr Operand kDevice[] = {{"DEVICE", "its id, dev_…"}};
constexpr Option kCreate[] = {kAllow, kDeny, kIdempotencyKey};
constexpr Option kUpdate[] = {{"--name", "NAME", "another name"}, kAllow, kDeny};
constexpr Option kPage[] = {kLimit, kCursor, kAll};

constexpr Command kCommands[] = {
    {"device create", "Create a device", "jeton device create ada laptop", kNew, kCreate, create_device,
     "jeton token create --device NAME makes the device as well where it is not there yet."},
    {"device list", "List devices", "jeton device list ada", kOwner, kPage, list_devices},
    {"device show", "Show a device", "jeton device show dev_01JD0000000000000000000000", kDevice, {}, show_device},
    {"device update", "Change a device", "jeton device update dev_01JD0000000000000000000000 --allow 10.0.0.0/8", kDevice, kUpdate,
     update_device},
    {"device revoke",
     "Revoke a device and end its tokens",
     "jeton device revoke dev_01JD0000000000000000000000",
     kDevice,
     {},
     revoke_device},
};

}  // namespace

std::span<const Command> device_commands() { return kCommands; }

}  // namespace jeton::cli
