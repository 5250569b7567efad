/**
 * @typedef {object} Layer
 * @property {string} name
 * @property {"test" | "all" | "demand"} run "test": `npm test` and `npm run test:all`; "all": only `npm run test:all`; "demand": only if it is named
 * @property {string} [project] the layer whose tests it runs; default: its own tests, in the folder test/NAME
 * @property {import("./prepare.mjs").Need[]} [needs] what it needs
 * @property {NodeJS.ProcessEnv} [env]
 * @property {number} [workers] how many files run at the same time; default: jest's choice
 * @property {string} [only] a regular expression for the paths of the files that run
 * @property {boolean} [allowSkips] whether tests that this kernel cannot run may be left out
 * @property {boolean} [partial] whether another layer fills the matrix of faults
 * @property {boolean} [rootless] whether it runs as an ordinary user, in that user's own namespaces
 * @property {string[]} [through] a command that runs the tests
 * @property {Record<string, unknown>} [jest] settings of its project in jest.config.mjs; paths are relative to the clone
 */

/** More workers than cores, for tests that wait for a time limit or for a machine. */
const waiting = 3;

/** The test files of kinds that this machine's kernel may lack. */
const lacked =
  "\\b(kube-proxy-ipvs(-\\w+)?|bridge-vlans|mpls-route|route-encapsulation|dummy|fou|impairment|ipvlan|tunnel|wireguard|vlan|vrf|bond|discover-options|ipvs-\\w+|kernel-module|qdisc-kinds|service-table-ipvs(-\\w+)?|traffic-filter-kinds|udp-ports|xfrm-interface|xfrm-state)(-beyond)?\\.test";

/** The test files of kinds that use ssh in their own way, and of some that show that all kinds work over ssh. */
const overSsh = "/(doctor|host(-\\w+)?|file|ledger|netns|pod(-beyond)?|route(-beyond)?|process|requirements)\\.test";

/** The test files that need more than one user, or files or settings of the host, which a user namespace of an ordinary user does not have. */
const notRootless =
  "\\b(clean|netns-files|iptables-rule(-drift|-places)?|policy-rule|probe(-attempts)?|process-user|sysctl)\\.test";

const features = { globalSetup: "test/kernel/support/probe-features.mjs" };

/** In the case of a kind, each test begins where the one before it ended. */
const steps = { ...features, testEnvironment: "./test/kernel/support/steps-environment.mjs" };

/** Files named *.long.test.ts are a layer of their own. */
const long = { testPathIgnorePatterns: [], testMatch: ["**/*.long.test.ts"] };

/**
 * All layers, in the order in which they run. docs/testing.md says what each proves, and why it runs where it does.
 * @type {Layer[]}
 */
export const layers = [
  { name: "unit", run: "test" },
  { name: "property", run: "test" },
  { name: "kernel", run: "test", needs: ["packages"], workers: waiting, allowSkips: true, jest: steps },
  {
    ...{ name: "faults", run: "test", needs: ["packages", "build"], workers: waiting },
    ...{ env: { LOCALNET_TEST_POINTS: "1" }, only: `^(?!.*${lacked})` },
    jest: {
      ...features,
      roots: ["test/kernel/cases", "test/faults"],
      testPathIgnorePatterns: [
        "/cases/(probe|probe-attempts|wireguard-key|offloads|route-encapsulation)\\.test\\.ts$",
        "/cases/iptables-rule-",
        "-beyond\\.test\\.ts$",
      ],
      globals: { localnetFaults: true },
    },
  },
  { name: "law", run: "test", needs: ["packages"], workers: 1, through: ["test/law/isolated.sh"], jest: features },
  { name: "security", run: "test", needs: ["packages", "build"], workers: waiting },
  { name: "acceptance", run: "test", needs: ["packages", "frr", "sshd", "pulumi", "machines"], workers: 2 },
  { name: "packaging", run: "test", needs: ["packages", "pulumi"], workers: 2 },
  {
    ...{ name: "kernel-ssh", run: "test", project: "kernel", needs: ["packages", "sandbox host"], workers: waiting },
    ...{ only: overSsh, allowSkips: true },
  },
  {
    ...{ name: "kernel-vm", run: "test", project: "kernel", needs: ["packages", "machine"], workers: waiting },
    only: lacked,
  },
  {
    ...{ name: "faults-vm", run: "test", project: "faults", needs: ["packages", "build", "machine"], workers: waiting },
    ...{ env: { LOCALNET_TEST_POINTS: "1" }, only: "\\b(ipvs-\\w+|service-table-ipvs|kernel-module)\\.test" },
  },

  { name: "unit-node24", run: "all", project: "unit", needs: ["node24"] },
  {
    ...{ name: "kernel-rootless", run: "all", needs: ["packages"], workers: waiting, allowSkips: true, rootless: true },
    ...{ env: { LOCALNET_TEST_BRIEF: "1" }, only: `^(?!.*${notRootless})` },
    jest: {
      ...steps,
      roots: ["test/kernel"],
      // In a user namespace swc refuses to unpack itself, since all files seem to belong to another user.
      transform: { "\\.[cm]?[jt]s$": "test/typescript-transform.cjs" },
    },
  },
  {
    ...{
      name: "kernel-legacy",
      run: "all",
      project: "kernel",
      needs: ["packages"],
      workers: waiting,
      allowSkips: true,
    },
    ...{ through: ["scripts/test/with-legacy.sh"], only: "iptables-rule" },
  },
  {
    ...{ name: "faults-rest", run: "all", project: "faults", needs: ["packages", "build"], workers: waiting },
    ...{ env: { LOCALNET_TEST_POINTS: "rest" }, only: `test/kernel/cases/(?!.*${lacked})`, partial: true },
  },
  {
    ...{ name: "acceptance-long", run: "all", needs: ["packages", "sshd", "pulumi", "go", "machines"], workers: 2 },
    only: "^(?!.*/(kube-proxy-real|page)\\.)",
    jest: { ...long, roots: ["test/acceptance"] },
  },
  {
    ...{ name: "kube-proxy-real", run: "all", project: "acceptance-long", allowSkips: true },
    ...{ needs: ["packages", "pulumi", "machine"], only: "/kube-proxy-real\\." },
  },
  {
    ...{ name: "page", run: "all", project: "acceptance-long", allowSkips: true },
    ...{ needs: ["packages"], only: "/page\\.long\\.test" },
  },
  {
    ...{ name: "kernel-debian-13", run: "all", project: "kernel", needs: ["packages", "machine with Debian 13"] },
    ...{ workers: waiting, only: `(${lacked}|${overSsh})` },
  },
  {
    ...{ name: "kernel-vm-ssh", run: "all", project: "kernel", needs: ["packages", "machine"], workers: waiting },
    only: overSsh,
  },
  {
    ...{ name: "lab-debian-13", run: "all", project: "acceptance-long" },
    ...{ needs: ["packages", "pulumi", "machine with Debian 13"], only: "/ipvs-lab\\.long\\.test" },
  },
  {
    ...{ name: "packaging-long", run: "all", needs: ["packages", "pulumi", "node24 for packages"], workers: 2 },
    jest: { ...long, roots: ["test/packaging"] },
  },

  {
    ...{ name: "kernel-vm-rest", run: "demand", project: "kernel", needs: ["packages", "machine"], workers: waiting },
    only: `^(?!.*(${lacked}|${overSsh}))`,
  },
  {
    ...{ name: "faults-vm-rest", run: "demand", project: "faults", needs: ["packages", "build", "machine"] },
    ...{ env: { LOCALNET_TEST_POINTS: "rest" }, only: lacked, partial: true, workers: waiting },
  },
];
