interface SshCause {
  readonly pattern: RegExp;
  readonly summary: string;
  /** "$1" is what the pattern has found, "URL" the host's. */
  readonly hint: string;
}

/** ssh has said so, or was ended before it said anything. */
export const noAnswer = {
  summary: "the host does not answer",
  hint: "check that it runs, its address, and that no firewall drops the way; a host that takes longer to boot needs a greater localnet:connectTimeoutSeconds",
};

/** The user has come in, and no command has run. */
export const noShell = {
  summary: "the host lets the user in and runs no command",
  hint: "give the user a shell there: sudo usermod -s /bin/sh USER; or take away what runs instead of it: ForceCommand, or command= in authorized_keys",
};

/** Why ssh reaches no host, or a host runs no command; the first match counts. */
export const sshCauses: readonly SshCause[] = [
  {
    pattern: /Bad configuration option|Bad owner or permissions on|Can't open user config file|^command-line: line/m,
    summary: "ssh does not take its configuration",
    hint: "correct what it names: the file of localnet:sshConfig or LOCALNET_SSH_CONFIG, or ~/.ssh/config",
  },
  {
    pattern: /Could not resolve hostname (\S+?):/,
    summary: "there is no host of this name",
    hint: 'check the name "$1": getent hosts $1, or HostName in the configuration of ssh',
  },
  {
    pattern: /IDENTIFICATION HAS CHANGED[\s\S]*?Offending .*key in (\S+?):\d+/,
    summary: "the host has another key than before",
    hint: "if it was made again, take the former key out: ssh-keygen -f $1 -R NAME, NAME as ssh prints it; otherwise another host may have taken its address",
  },
  {
    pattern: /No \S+ host key is known for|Host key verification failed/,
    summary: "the key of the host is not known on this machine",
    hint: "connect once by hand and compare the key: ssh URL; or set StrictHostKeyChecking accept-new in the configuration of ssh",
  },
  {
    pattern: /UNPROTECTED PRIVATE KEY FILE[\s\S]*?Permissions \d+ for '([^']+)' are too open/,
    summary: "the file of the user's key can be read by others",
    hint: "let its owner alone read it: chmod 600 $1",
  },
  {
    pattern: /Too many authentication failures/,
    summary: "the host refuses the user after too many keys",
    hint: "name the one that it takes: IdentityFile and IdentitiesOnly yes in the configuration of ssh",
  },
  {
    pattern: /Permission denied \(/,
    summary: "the host does not let the user in",
    hint: "give it the user's public key: ssh-copy-id URL; a key with a passphrase has to be in the agent (ssh-add -l). The host may refuse the user, too: its log says so (journalctl -u ssh)",
  },
  {
    pattern: /(?:Connection|connect failed:) [^\n]*refused/i,
    summary: "nothing there listens for ssh",
    hint: "start its server of ssh (Debian package openssh-server), or give its port: ssh://USER@NAME:PORT",
  },
  { pattern: /Connection timed out|timed out during banner exchange|^Connection to .* timed out/m, ...noAnswer },
  {
    pattern: /No route to host|Network is unreachable|Host is down/,
    summary: "no way leads to the host",
    hint: "check its address, and the routes of this machine: ip route get ADDRESS",
  },
  {
    pattern: /kex_exchange_identification|banner exchange|Bad packet length/,
    summary: "what listens there is no server of ssh, or one that refuses this machine",
    hint: "check the port, and the host's log: journalctl -u ssh",
  },
  {
    pattern: /Timeout, server .* not responding|client_loop: send disconnect|Connection (?:to|reset by|closed by) /,
    summary: "the connection broke",
    hint: "run it again: what was begun is recorded",
  },
  {
    pattern: /no matching (.+?) found/,
    summary: "ssh and the host have nothing in common to agree on",
    hint: "one is old: allow what the other offers in the configuration of ssh ($1)",
  },
];
