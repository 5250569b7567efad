/** A web server as a command. Its page has the server's name and the address that the client requested. */
export function webServer(name: string, port: number): string[] {
  return ["python3", "-c", server, name, String(port)];
}

/** The same, which also accepts connections to addresses that the host does not have (`IP_TRANSPARENT`). */
export function transparentProxy(name: string, port: number): string[] {
  return [...webServer(name, port), "transparent"];
}

const server = `
import http.server, socket, sys

name, port, *options = sys.argv[1:]

class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        asked = "%s:%d" % self.connection.getsockname()
        client = self.client_address[0]
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"{name} at {asked}, for {client}".encode())

class Server(http.server.ThreadingHTTPServer):
    def server_bind(self):
        if options: self.socket.setsockopt(socket.SOL_IP, 19, 1)
        super().server_bind()

    def handle_error(self, *_): pass

Server(("", int(port)), Page).serve_forever()
`;
