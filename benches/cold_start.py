"""Starts a trigger's binary again and again, as Lambda does, and prints how long its starts and events took.

Usage: cold_start.py BINARY STARTS

Lambda's Runtime API and a DynamoDB that answers every PutItem at once are in this process, on the loopback interface;
DynamoDB behind TLS, with a certificate of this run's own. So what is measured is the function and the SDK in it, and
neither the network nor AWS.
"""

import os
import ssl
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue

import trustme

EVENT = (Path(__file__).parent.parent / "events/post-authentication-metadata.json").read_bytes().strip()
CONFIG = '{"Default": {"ApplicationId": "00000000000000000000000000000000", "UserDataShared": true}}'
EVENTS = 20


class Quiet(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Each answer in one piece, at once.
    wbufsize = -1
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def body(self):
        return self.rfile.read(int(self.headers.get("content-length", 0)))

    def answer(self, status, body=b"", headers=()):
        self.send_response(status)
        for name, value in [*headers, ("content-length", str(len(body)))]:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


class DynamoDb(Quiet):
    def do_POST(self):
        self.body()
        self.answer(200, b"{}", [("content-type", "application/x-amz-json-1.0")])


class RuntimeApi(Quiet):
    def do_GET(self):
        self.server.asked.put(time.perf_counter())
        if self.server.handed_out == EVENTS:
            self.server.over.wait()
        self.server.handed_out += 1
        self.answer(200, EVENT, [
            ("lambda-runtime-aws-request-id", f"8476a536-e9f4-11e8-9739-{self.server.handed_out:012}"),
            ("lambda-runtime-deadline-ms", str(int(time.time() * 1000) + 5000)),
            ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:eu-west-1:111122223333:function:trigger"),
            ("content-type", "application/json"),
        ])

    def do_POST(self):
        self.server.replied.put((time.perf_counter(), self.body() == EVENT))
        self.answer(202)


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """A function that is killed leaves its connections behind."""


def served(handler, context=None):
    server = Server(("127.0.0.1", 0), handler)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def start(binary, environment):
    """Milliseconds to the first request for an event, and of each event; what the process had in memory (KB)."""
    server = served(RuntimeApi)
    server.asked, server.replied, server.over, server.handed_out = Queue(), Queue(), threading.Event(), 0
    environment = {**environment, "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_port}"}
    began = time.perf_counter()
    process = subprocess.Popen([binary], env=environment, stdout=subprocess.DEVNULL)
    took = []
    for _ in range(EVENTS):
        asked = server.asked.get(timeout=10)
        replied, is_unchanged = server.replied.get(timeout=10)
        assert is_unchanged, "the reply is not the event"
        took.append((asked - began if not took else asked, (replied - asked) * 1000))
    status = Path(f"/proc/{process.pid}/status").read_text()
    peak = int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])
    process.kill()
    process.wait()
    server.over.set()
    server.shutdown()
    return took[0][0] * 1000, [event for _, event in took], peak


def main():
    binary, starts = sys.argv[1], int(sys.argv[2])
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    dynamodb = served(DynamoDb, context)
    with tempfile.TemporaryDirectory() as folder:
        certificate = Path(folder, "ca.pem")
        authority.cert_pem.write_to_path(str(certificate))
        environment = {
            "AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_LAMBDA_FUNCTION_NAME": "trigger", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
            "AWS_LAMBDA_FUNCTION_VERSION": "1", "AWS_LAMBDA_LOG_GROUP_NAME": "g", "AWS_LAMBDA_LOG_STREAM_NAME": "s",
            "ANALYTICS_CONFIG": CONFIG, "RUST_LOG": "info", "SSL_CERT_FILE": str(certificate),
            "AWS_ENDPOINT_URL_DYNAMODB": f"https://127.0.0.1:{dynamodb.server_port}",
        }
        runs = [start(binary, environment) for _ in range(starts)]
    middle = statistics.median
    print(f"{os.path.basename(binary)}, {os.path.getsize(binary) / 1e6:.1f} MB, {starts} starts")
    print(f"  from its start to its first request for an event  {middle(run[0] for run in runs):6.1f} ms (median)")
    print(f"  the first event                                   {middle(run[1][0] for run in runs):6.1f} ms")
    print(f"  an event after that                               {middle(e for run in runs for e in run[1][1:]):6.1f} ms")
    print(f"  memory at most                                    {max(run[2] for run in runs) / 1024:6.1f} MB")


if __name__ == "__main__":
    main()
