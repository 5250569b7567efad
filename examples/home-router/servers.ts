/** A web server as a command. Its page has its own name and the client's address. */
export const webServer = (name: string, port: number) => ["python3", "-c", server, name, String(port)];

const server = `
import http.server, sys

class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"{sys.argv[1]}, for {self.client_address[0]}".encode())

http.server.ThreadingHTTPServer(("", int(sys.argv[2])), Page).serve_forever()
`;

/** The script that udhcpc runs when it gets or loses an address. */
export const onLease = `#!/bin/sh -e
case $1 in
  bound | renew)
    ip addr replace "$ip/$mask" dev "$interface"
    ip route replace default via "$router"
    ;;
  deconfig) ip addr flush dev "$interface" scope global ;;
esac
`;
