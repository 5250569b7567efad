// The providers must start fast. All of Pulumi's SDK takes seconds to load on a busy machine.
test.each(["native/plugin", "dynamic/provider"])("%s loads no more of Pulumi's SDK than its messages", (module) => {
  require(`../../provider/src/pulumi/${module}`);
  const loaded = Object.keys(require.cache);
  expect(loaded).toContainEqual(expect.stringMatching(/\/provider\/src\/core\/lifecycle\./));
  expect(loaded.filter((path) => /\/@pulumi\/pulumi\/(?!proto\/)/.test(path))).toEqual([]);
});
