namespace WarehouseImport.Warehouses;

/// <summary>The checks every kind of warehouse makes of its settings.</summary>
internal static class SettingChecks
{
    /// <summary>Unknown names, values given in the wrong place (plain or secret) and missing ones; values of secrets are never shown.</summary>
    public static List<SettingProblem> UnknownAndMissing(IReadOnlyList<WarehouseSetting> known, WarehouseSettings settings)
    {
        var problems = new List<SettingProblem>();
        foreach (var name in settings.Values.Keys)
        {
            var setting = known.FirstOrDefault(candidate => candidate.Name == name);
            if (setting is null) problems.Add(Unknown(known, name));
            else if (setting.IsSecret) problems.Add(new SettingProblem(name, $"'{name}' is a secret and must be given under 'secret', not under 'settings'."));
        }

        foreach (var name in settings.Secrets.Keys)
        {
            var setting = known.FirstOrDefault(candidate => candidate.Name == name);
            if (setting is null) problems.Add(Unknown(known, name));
            else if (!setting.IsSecret) problems.Add(new SettingProblem(name, $"'{name}' is not a secret and must be given under 'settings'."));
        }

        foreach (var setting in known.Where(setting => setting.IsRequired))
        {
            var given = setting.IsSecret ? settings.Secrets : settings.Values;
            if (!given.TryGetValue(setting.Name, out var value) || string.IsNullOrWhiteSpace(value))
            {
                problems.Add(new SettingProblem(setting.Name, $"'{setting.Name}' is missing: {setting.Description}"));
            }
        }

        return problems;
    }

    /// <exception cref="WarehouseException"><see cref="WarehouseErrors.SettingInvalid"/> with every problem.</exception>
    public static void ThrowIfAny(IReadOnlyList<SettingProblem> problems)
    {
        if (problems.Count > 0) throw new WarehouseException(WarehouseErrors.SettingInvalid, string.Join(' ', problems.Select(problem => problem.Message)));
    }

    private static SettingProblem Unknown(IReadOnlyList<WarehouseSetting> known, string name) =>
        new(name, $"'{name}' is not a setting of this warehouse; allowed are {string.Join(", ", known.Select(setting => setting.Name))}.");
}
