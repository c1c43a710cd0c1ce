namespace WarehouseImport.Server.Demo;

/// <summary>The demo's own folder. A marker file says that the demo made it; a folder without one is never touched.</summary>
internal sealed class DemoFolder
{
    private const string MarkerName = ".warehouse-import-demo";

    private DemoFolder(string path) => FullPath = path;

    public string FullPath { get; }

    public string Warehouse => Path.Combine(FullPath, "sample-warehouse.duckdb");

    public string Storage => Path.Combine(FullPath, "data");

    /// <summary>Key file of the emulated BigQuery's service account.</summary>
    public string ServiceAccountKey => Path.Combine(FullPath, "service-account.json");

    /// <summary>Makes the folder, emptying an earlier demo.</summary>
    /// <exception cref="IOException">The folder holds something the demo did not make.</exception>
    public static DemoFolder Prepare(string path)
    {
        var folder = new DemoFolder(Path.GetFullPath(path));
        var marker = Path.Combine(folder.FullPath, MarkerName);
        if (Directory.Exists(folder.FullPath) && Directory.EnumerateFileSystemEntries(folder.FullPath).Any())
        {
            if (!File.Exists(marker))
                throw new IOException($"'{folder.FullPath}' is not empty and was not made by the demo, so it is left alone. Choose another folder with --data.");
            foreach (var file in Directory.EnumerateFiles(folder.FullPath).Where(file => file != marker)) File.Delete(file);
            foreach (var child in Directory.EnumerateDirectories(folder.FullPath)) Directory.Delete(child, recursive: true);
        }

        Directory.CreateDirectory(folder.FullPath);
        File.WriteAllText(marker, "Made by 'demo'. Everything in this folder is removed when the demo runs again.\n");
        return folder;
    }
}
