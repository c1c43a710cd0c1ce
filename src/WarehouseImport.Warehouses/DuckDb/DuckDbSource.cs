namespace WarehouseImport.Warehouses.DuckDb;

/// <summary>What the <c>path</c> setting points at: a database, or files that become datasets.</summary>
/// <param name="Path">Full path.</param>
/// <param name="Files">The data files by dataset name; null for a database.</param>
internal sealed record DuckDbSource(string Path, IReadOnlyDictionary<DatasetName, string>? Files)
{
    private static readonly string[] DelimitedExtensions = [".csv", ".tsv", ".csv.gz", ".tsv.gz"];
    private const string ParquetExtension = ".parquet";

    /// <summary>Characters DuckDB expands in file names, so that such a path would read other files than the one named.</summary>
    public const string PatternCharacters = "*?[]{}";

    public bool IsDatabase => Files is null;

    /// <summary>Looks at the disk once; the files found are the only ones the session may touch.</summary>
    /// <exception cref="WarehouseException"><see cref="WarehouseErrors.FileMissing"/>.</exception>
    public static DuckDbSource Find(string path)
    {
        var full = System.IO.Path.GetFullPath(path);
        if (Directory.Exists(full)) return new DuckDbSource(full, NameFiles(Directory.EnumerateFiles(full)));
        if (!File.Exists(full))
        {
            throw new WarehouseException(
                WarehouseErrors.FileMissing,
                $"There is no file or folder at '{path}'.",
                "Check the path as the server sees it; it is resolved on the machine the server runs on.");
        }

        return ExtensionOf(full) is null ? new DuckDbSource(full, null) : new DuckDbSource(full, NameFiles([full]));
    }

    public static bool IsParquet(string file) => ExtensionOf(file) == ParquetExtension;

    // Two files of one stem keep their extension in both names: a new file can make a dataset unknown, but never change what a name reads.
    private static Dictionary<DatasetName, string> NameFiles(IEnumerable<string> files)
    {
        var readable = files.Where(file => ExtensionOf(file) is not null && file.AsSpan().IndexOfAny(PatternCharacters) < 0).ToList();
        var stems = readable.GroupBy(Stem, StringComparer.Ordinal);
        return stems
            .SelectMany(group => group.Count() == 1
                ? group.Select(file => (Name: group.Key, File: file))
                : group.Select(file => (Name: System.IO.Path.GetFileName(file), File: file)))
            .ToDictionary(entry => new DatasetName(entry.Name), entry => entry.File);
    }

    private static string Stem(string file) => System.IO.Path.GetFileName(file)[..^ExtensionOf(file)!.Length];

    private static string? ExtensionOf(string file)
    {
        var name = System.IO.Path.GetFileName(file);
        return DelimitedExtensions.Append(ParquetExtension)
            .FirstOrDefault(extension => name.Length > extension.Length && name.EndsWith(extension, StringComparison.OrdinalIgnoreCase));
    }
}
