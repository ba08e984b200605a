# SPDX-License-Identifier: Apache-2.0
"""What a client looks for credentials in: an environment, two files and three services, made at random."""

import hashlib
import http.server
import json
import pathlib
import random
import threading
import urllib.parse

EXPIRES = "2099-01-01T00:00:00Z"
NAMES = ["default", "a", "b", "c d"]


def role_key(arn: str, source: str, session: str, external: str) -> str:
    """The access key that both STSs give: a name for all that the call depends on."""
    return "ASIA" + hashlib.sha256(f"{arn}|{source}|{session}|{external}".encode()).hexdigest()[:16]


class Services:
    """Instance metadata, a container's credentials and STS in one server on loopback; keys never change."""

    def __init__(self):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def serve(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                text = answer(self.command, self.path, body, self.headers.get("Authorization", ""))
                self.send_response(200 if text is not None else 404)
                data = (text or "").encode()
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_PUT = do_POST = serve

        self.listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.listener.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.listener.server_address[1]}"

    def __enter__(self):
        threading.Thread(target=self.listener.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.shutdown()
        self.listener.server_close()


def keys_document(name: str) -> str:
    return json.dumps({"Code": "Success", "AccessKeyId": name, "SecretAccessKey": "s", "Token": "t",
                       "Expiration": EXPIRES})


def answer(method: str, path: str, body: str, authorization: str) -> str | None:
    role = "/latest/meta-data/iam/security-credentials/"
    if method == "POST":
        return assume(dict(urllib.parse.parse_qsl(body)), authorization)
    return {"/latest/api/token": "session", role: "web", role + "web": keys_document("ASIAINSTANCE"),
            "/container": keys_document("ASIACONTAINER")}.get(path)


def assume(form: dict[str, str], authorization: str) -> str:
    source = authorization.partition("Credential=")[2].partition("/")[0] or form.get("WebIdentityToken", "")
    session = form["RoleSessionName"]
    name = role_key(form["RoleArn"], source, "" if session.startswith("weir-") else session,
                    form.get("ExternalId", ""))
    action = form["Action"]
    return (f"<{action}Response xmlns='https://sts.amazonaws.com/doc/2011-06-15/'><{action}Result><Credentials>"
            f"<AccessKeyId>{name}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
            f"<Expiration>{EXPIRES}</Expiration></Credentials></{action}Result></{action}Response>")


class World:
    """Files in a folder, an environment, and perhaps a profile by flag."""

    def __init__(self, dice: random.Random, folder: pathlib.Path, url: str):
        self.dice, self.folder, self.url = dice, folder, url
        (folder / "token").write_text("header.payload.signature\n")
        (folder / "keys").write_text(json.dumps({"Version": 1, "AccessKeyId": "AKIAPROCESS",
                                                 "SecretAccessKey": "s"}))
        self.config, self.credentials = self.files()
        (folder / "config").write_text(self.config)
        (folder / "credentials").write_text(self.credentials)
        self.profile = dice.choice([None, None, None, *NAMES, "missing"])
        self.environment = self.variables()

    def maybe(self, chance: float) -> bool:
        return self.dice.random() < chance

    def keys(self, name: str) -> list[str]:
        lines = [f"aws_access_key_id = AKIA{name}", "aws_secret_access_key = s/+="]
        if self.maybe(0.2):
            lines.append(f"aws_session_token = t{name}")
        if self.maybe(0.05):
            del lines[self.dice.randrange(2)]
        return lines

    def settings(self, name: str) -> list[str]:
        lines = []
        if self.maybe(0.3):
            lines += self.keys(name)
        if self.maybe(0.4):
            lines.append(f"role_arn = arn:aws:iam::111122223333:role/{self.dice.choice('xyz')}")
            if self.maybe(0.75):
                lines.append(f"source_profile = {self.dice.choice(NAMES * 3 + ['missing'])}")
            if self.maybe(0.25):
                source = self.dice.choice(["Environment", "EcsContainer", "Ec2InstanceMetadata", "Nowhere"])
                lines.append(f"credential_source = {source}")
            lines += [line for line in ("external_id: 17", "role_session_name = me") if self.maybe(0.3)]
        if self.maybe(0.1):
            lines.append(f"web_identity_token_file = {self.folder}/token")
        if self.maybe(0.15):
            lines.append(f"credential_process = /bin/cat \"{self.folder}/keys\"")
        if self.maybe(0.3):
            lines.append(f"Region = eu-west-{self.dice.randint(1, 3)}")
        if self.maybe(0.2):
            lines.append("s3 =\n    addressing_style = path\n\n  # a comment\n    use_accelerate_endpoint = false")
        self.dice.shuffle(lines)
        return lines

    def section(self, title: str, lines: list[str]) -> str:
        return "\n".join([f"[{title}]", *lines, self.dice.choice(["", "# [comment]", "; k = v", "\t"]), ""])

    def files(self) -> tuple[str, str]:
        config, credentials = "", ""
        for name in NAMES:
            quoted = f'"{name}"' if " " in name else name
            title = "default" if name == "default" and self.maybe(0.7) else f"profile {quoted}"
            if self.maybe(0.9):
                config += self.section(title, self.settings(name.upper().replace(" ", "")))
            if self.maybe(0.3):
                credentials += self.section(name, self.settings("F" + name.upper().replace(" ", "")))
        return config, credentials

    def variables(self) -> dict[str, str]:
        found = {"HOME": str(self.folder), "PATH": "/usr/bin:/bin", "NO_PROXY": "127.0.0.1",
                 "AWS_CONFIG_FILE": str(self.folder / "config"),
                 "AWS_SHARED_CREDENTIALS_FILE": str(self.folder / "credentials"),
                 "AWS_EC2_METADATA_SERVICE_ENDPOINT": self.url + self.dice.choice(["", "/"]),
                 "AWS_EC2_METADATA_DISABLED": self.dice.choice(["false", "false", "true"])}
        if self.maybe(0.2):
            found |= {"AWS_ACCESS_KEY_ID": "AKIAENV", "AWS_SECRET_ACCESS_KEY": "s"}
            found |= {name: name for name in ("AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN") if self.maybe(0.3)}
            if self.maybe(0.1):
                del found["AWS_SECRET_ACCESS_KEY"]
        if self.maybe(0.2):
            found["AWS_WEB_IDENTITY_TOKEN_FILE"] = str(self.folder / "token")
            found |= {"AWS_ROLE_ARN": "arn:aws:iam::111122223333:role/w"} if self.maybe(0.8) else {}
            found |= {"AWS_ROLE_SESSION_NAME": "web"} if self.maybe(0.5) else {}
        if self.maybe(0.3):
            found["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = self.url + "/container"
        for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE"):
            if self.maybe(0.2):
                found[name] = self.dice.choice([*NAMES, "missing"])
        if self.maybe(0.2):
            found["AWS_DEFAULT_REGION"] = "ap-south-1"
        return found

    def __str__(self) -> str:
        return (f"profile by flag: {self.profile}\n--- environment\n{json.dumps(self.environment, indent=1)}\n"
                f"--- config\n{self.config}--- credentials\n{self.credentials}")
