using Microsoft.Extensions.Options;

namespace WarehouseImport.Warehouses.DuckDb;

/// <summary>
/// <c>duckdb</c>: the <c>path</c> of a DuckDB database file, of one <c>.csv</c>, <c>.tsv</c> (also <c>.gz</c>) or <c>.parquet</c> file, or of a folder of such files.
/// </summary>
/// <remarks>
/// A data file's dataset name is its file name without extension; files of one folder that share it keep their extension in the name. Cells of delimited
/// files are text. Files whose name contains <c>* ? [ ] { }</c> are not listed, because DuckDB would expand it. Nothing is downloaded, and no file but the
/// stated ones is read, not even through a view.
/// </remarks>
internal sealed class DuckDbWarehouseType(IOptions<DuckDbOptions> options) : IWarehouseType
{
    private const string PathSetting = "path";

    public string Name => "duckdb";

    public IReadOnlyList<WarehouseSetting> Settings { get; } =
    [
        new(PathSetting, IsSecret: false, IsRequired: true, "a DuckDB database file, a .csv or .parquet file, or a folder of such files, on the server's machine"),
    ];

    public IReadOnlyList<SettingProblem> Validate(WarehouseSettings settings)
    {
        var problems = SettingChecks.UnknownAndMissing(Settings, settings);
        if (!settings.Values.TryGetValue(PathSetting, out var path) || string.IsNullOrWhiteSpace(path)) return problems;
        if (path.Contains('\0', StringComparison.Ordinal) || path.AsSpan().IndexOfAny(DuckDbSource.PatternCharacters) >= 0)
        {
            problems.Add(new SettingProblem(PathSetting, $"'{PathSetting}' is '{path}'; it must not contain any of {DuckDbSource.PatternCharacters} or NUL."));
        }
        else if (path.StartsWith(":memory:", StringComparison.OrdinalIgnoreCase) || path.Contains("://", StringComparison.Ordinal))
        {
            problems.Add(new SettingProblem(PathSetting, $"'{PathSetting}' is '{path}'; it must be a path on the server's disk."));
        }

        return problems;
    }

    public IWarehouse Open(WarehouseSettings settings)
    {
        SettingChecks.ThrowIfAny(Validate(settings));
        return new DuckDbWarehouse(settings.Values[PathSetting], options.Value);
    }
}
