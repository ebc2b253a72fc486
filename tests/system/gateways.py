"""nginx and Caddy with the files of deploy/: only ports and the API's name are put in."""
import grp
import os
import pwd
import shutil

from http_client import Client
from server import ROOT
from waiting import accepts, free_port, until

DEPLOY = ROOT / "deploy"


def filled(text, puts):
    for what, instead in puts.items():
        assert what in text, f"{what} is not in the deploy file"
        text = text.replace(what, instead)
    return text


class Gateway:
    def __init__(self, port, process):
        self.port, self.process = port, process
        until(lambda: accepts(port) or not process.running(), 15, f"{process.name} to listen")
        assert process.running(), process.log()

    def client(self, token=None, source=None):
        return Client.tcp(self.port, token, source)


class Nginx(Gateway):
    def __init__(self, folder, processes, jeton, api, api_name):
        port = free_port()
        site = filled((DEPLOY / "nginx" / "jeton.conf").read_text(), {
            "listen 8080;": f"listen 127.0.0.1:{port};", "127.0.0.1:8420": f"127.0.0.1:{jeton.port}",
            "127.0.0.1:3000": f"127.0.0.1:{api.port}", "api=orders": f"api={api_name}"})
        (folder / "site.conf").write_text(site)
        temp = "".join(f"  {kind}_temp_path {folder}/nginx-{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (folder / "nginx.conf").write_text(
            f"daemon off;\nuser {pwd.getpwuid(os.getuid()).pw_name} {grp.getgrgid(os.getgid()).gr_name};\nworker_processes 1;\npid {folder}/nginx.pid;\nerror_log {folder}/nginx-error.log info;\n"
            "events { worker_connections 512; }\nhttp {\n"
            f"{temp}  access_log {folder}/nginx-access.log;\n  include {folder}/site.conf;\n}}\n")
        self.config = folder / "nginx.conf"
        super().__init__(port, processes.start([shutil.which("nginx") or "/usr/sbin/nginx", "-e", folder / "nginx-error.log",
                                                "-p", folder, "-c", self.config], "nginx"))


class Caddy(Gateway):
    def __init__(self, folder, processes, jeton, api, api_name):
        port = free_port()
        site = filled((DEPLOY / "caddy" / "Caddyfile").read_text(), {
            ":8080 {": f"http://:{port} {{\n\tbind 127.0.0.1", "127.0.0.1:8420": f"127.0.0.1:{jeton.port}",
            "127.0.0.1:3000": f"127.0.0.1:{api.port}", "api=orders": f"api={api_name}"})
        config = folder / "Caddyfile"
        config.write_text("{\n\tadmin off\n\tauto_https off\n}\n" + site)
        env = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "PATH": "/usr/bin:/bin"}
        super().__init__(port, processes.start(["caddy", "run", "--config", config, "--adapter", "caddyfile"], "caddy", env=env))
