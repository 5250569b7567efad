import { splitWords } from "../../../provider/src/tools/iptables/iptables";

/** Texts with a meaning to some program: options, keywords, shells, paths, templates, line ends. */
export const trickyTexts = [
  "-j",
  "--",
  "-",
  "!",
  "! -j",
  "! x",
  "dev",
  "help",
  "all",
  "default",
  "lo",
  "type",
  "netns",
  "..",
  ".",
  "a/b",
  "../x",
  "%d",
  "a%d",
  "a b",
  "a\nb",
  "a\u0000b",
  "\t",
  "",
  " ",
  "$(id)",
  ";id",
  "'",
  '"',
  "\\",
  "é",
  "name",
  "eth0",
  "10.0.0.1",
  "10.0.0.1/8",
  "::1",
  "::/0",
  "tcp/10.0.0.1:80",
  "tcp/10.0.0.1:80@x y",
  "fwmark/1@-x",
  "net.ipv4.x",
  "net/../x",
  "@x",
  "-oProxyCommand=x",
  "80",
  "80,443",
  "! 80",
];

/** The options that the provider itself uses, of all tools. Any other word that starts with "-" came from an input. */
const options = new Set([
  "-n",
  "-j",
  "-d",
  "-4",
  "-6",
  "-N",
  "-o",
  "-w",
  "-t",
  "-S",
  ...["-N", "-X", "-P"],
  "-A",
  "-I",
  "-D",
  "-m",
  "-p",
  "-s",
  "-i",
  "--",
  "-c",
  "-e",
  "-x",
  "-y",
  ...[
    "-V",
    "--noflush",
    "-u",
    "-f",
    "-E",
    "-a",
    "-r",
    "-L",
    "-b",
    "-M",
    "-g",
    "-all",
    "--thresholds",
    "--sctp-service",
    "--show-depends",
  ],
  ...["-T", "-maxdepth", "-name", "-printf", "-depth", "-type", "-path", "-empty", "-delete"],
  ...["-sH", "-zZaHs", "-r", "--include=forwarding", "--include=accept_redirects", "%A"],
  ...["--tun-info", "--tun-type", "--tun-port", "--timeout", "--set"],
  "--sport",
  "--sports",
  "--dport",
  "--dports",
  "--ctstate",
  "--mark",
  "--match-set",
  "--src-type",
  "--dst-type",
  "--mode",
  ...[
    "--probability",
    "--every",
    "--packet",
    "--physdev-in",
    "--physdev-out",
    "--physdev-is-in",
    "--limit",
    "--limit-burst",
    "--comment",
  ],
  ...["-q", "-sS", "--globoff", "--noproxy", "--proto", "--max-time", "--write-out", "--url", "-z", "-W"],
  ...["--tcp-flags", "--icmp-type", "--mac-source", "--length", "--uid-owner", "--gid-owner"],
  ...["--random", "--random-fully", "--persistent", "--save-mark", "--restore-mark", "--mask", "--on-port", "--on-ip"],
  ...["--tproxy-mark", "--notrack", "--zone", "--clamp-mss-to-pmtu", "--set-mss", "--queue-num", "--queue-bypass"],
  ...[
    "--gateway",
    "--checksum-fill",
    "--to-source",
    "--to-destination",
    "--to-ports",
    "--set-mark",
    "--reject-with",
    "--log-prefix",
  ],
]);
/** The word after these is a value, whatever it starts with. */
export const free = new Set(["--comment", "--log-prefix"]);

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not pass.
export const control = /[\u0000-\u001f\u007f]/;

/** Fails if a word of a command line is more than a value. */
export function expectHarmless(word: string, before: string): void {
  const isStdin = word === "-" && before === "-f";
  // Not with expect, which is slow for many words.
  const bad =
    control.test(word) ||
    (word.startsWith("/proc/sys/") && word.includes("..")) ||
    (word.startsWith("--net=") && !/^--net=\/run\/netns\/[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(word)) ||
    (word.startsWith("-") && !word.startsWith("--net=") && !options.has(word) && !free.has(before) && !isStdin) ||
    (free.has(before) && splitWords(`"${word.replace(/["'\\]/g, "\\$&")}"`).join() !== word);
  if (bad) throw new Error(`not a mere value: ${JSON.stringify(word)}`);
}
