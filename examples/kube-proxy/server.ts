/** A web server on port 8080 as a command. Its pages say who answers, and that of /client also to whom. */
export function server(name: string): string[] {
  return ["python3", "-c", program, name];
}

const program = `
import http.server, sys

class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        client = f" for {self.client_address[0]}" if self.path == "/client" else ""
        self.wfile.write(f"{sys.argv[1]}{client}".encode())

    def log_message(self, *_): pass

class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128

Server(("", 8080), Page).serve_forever()
`;
