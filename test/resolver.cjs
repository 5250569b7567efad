/** Some packages that are ES modules only can be found under the condition "import" alone. */
module.exports = (request, options) => {
  try {
    return options.defaultResolver(request, options);
  } catch {
    return options.defaultResolver(request, { ...options, conditions: [...(options.conditions ?? []), "import"] });
  }
};
