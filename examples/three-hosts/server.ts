/** A web server on port 8080 as a command. Its page has its name. */
export function server(name: string): string[] {
  return ["python3", "-c", program, name];
}

const program = `
import http.server, sys

class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(sys.argv[1].encode())

    def log_message(self, *_): pass

http.server.ThreadingHTTPServer(("", 8080), Page).serve_forever()
`;
