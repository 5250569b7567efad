import { check, type Values } from "../../provider/src/core/check";
import { create } from "../../provider/src/core/lifecycle";
import { probe as kind } from "../../provider/src/kinds";
import { failure } from "../kernel/support/contract";
import { eventually, hostUrl, settings, World } from "../kernel/support/world";
import { asNobody } from "./support/attacker";

const world = new World();
const netns = world.netns("p");

/** A server that answers with its path, and never answers to /slow. */
const server = [
  "import http.server, time, urllib.parse",
  "class Pages(http.server.BaseHTTPRequestHandler):",
  " def do_GET(self):",
  "  if self.path.startswith('/slow'): time.sleep(600)",
  "  self.send_response(200); self.end_headers(); self.wfile.write(urllib.parse.urlsplit(self.path).path[1:].encode())",
  "http.server.ThreadingHTTPServer(('127.0.0.1', 8080), Pages).serve_forever()",
].join("\n");

beforeAll(async () => {
  await world.build();
  const start = `exec timeout 120 /usr/bin/python3 -c "$(printf %b "${server.replaceAll("\n", "\\n")}")"`;
  await world.script(netns, `(${start}) > /dev/null 2>&1 < /dev/null & exit 0`);
  await eventually(async () => (await world.runIn(netns, "ss", "-Hltn")).includes(":8080"), 30);
});
afterAll(async () => expect(await world.cleanUp()).toEqual([]));

function inputs(values: Values): Values {
  const { inputs: checked, failures } = check(kind, {
    ...{ netns, attempts: 1, timeoutSeconds: 2, owner: world.owner, ...(hostUrl && { host: hostUrl }) },
    ...values,
  });
  expect(failures).toEqual([]);
  return checked;
}

const secrets = ["HUNTER2", "TOPSECRET"];
const url = (path: string) => `http://user:HUNTER2@127.0.0.1:8080/${path}?token=TOPSECRET&TOPSECRET`;

test("secrets in a URL are in no id, no error and no list of processes", async () => {
  const { id } = await create(kind, inputs({ http: { url: url("page"), expectBody: "page" } }), settings);
  expect(id).toBe(`http://127.0.0.1:8080/page?token=...&...@${netns}`);
  const slow = failure(() => create(kind, inputs({ http: { url: url("slow") } }), settings));
  let processArguments = "";
  await eventually(async () => {
    processArguments = (await asNobody("ps", "-eo", "args", "ww")).stdout;
    return processArguments.includes("%{http_code}");
  });
  const { message } = await slow;
  for (const secret of secrets) {
    expect(processArguments).not.toContain(secret);
    expect(message).not.toContain(secret);
  }
  expect(message).toMatch(/ran: .* curl .*--url 'http:\/\/127\.0\.0\.1:8080\/slow\?token=\.\.\.&\.\.\.'/);
});

test("names of properties of JavaScript objects do not count as bodies", async () => {
  for (const name of ["constructor", "__proto__", "toString"]) {
    const http = { url: "http://127.0.0.1:8080/a", expectBody: ["a", name] };
    const error = await failure(() => create(kind, inputs({ http, count: 2 }), settings));
    expect(error.message).toContain(`no answer was ${name}`);
    const page = { url: `http://127.0.0.1:8080/${name}`, expectBody: [name] };
    const { outputs } = await create(kind, inputs({ http: page }), settings);
    expect(JSON.stringify(outputs.results)).toContain(`"${name}":1`);
  }
});
