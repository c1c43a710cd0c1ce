using System.Data.Common;
using System.Reflection;
using DbUp.Engine;
using DbUp.Engine.Output;

namespace WarehouseImport.Storage.Migrations;

/// <summary>Brings the database to this version's schema (G22): numbered scripts, each run once, all under a lock, so that several processes may try at once.</summary>
public abstract class SchemaMigrator
{
    internal const string JournalTable = "schema_versions";

    private protected SchemaMigrator(string folder)
    {
        var prefix = $"db.{folder}.";
        var assembly = typeof(SchemaMigrator).Assembly;
        Scripts =
        [
            .. assembly.GetManifestResourceNames()
                .Where(name => name.StartsWith(prefix, StringComparison.Ordinal))
                .Order(StringComparer.Ordinal)
                .Select(name => new SqlScript(name[prefix.Length..], Read(assembly, name))),
        ];
    }

    /// <summary>The scripts this version knows, in order. Tests extend them to play a newer version.</summary>
    internal List<SqlScript> Scripts { get; }

    /// <summary>Runs what is missing; does nothing if nothing is.</summary>
    /// <returns>Names of the scripts that were run.</returns>
    /// <exception cref="StorageException">The schema is newer than this version, a script failed and was rolled back, or the database cannot be reached.</exception>
    public async Task<IReadOnlyList<string>> MigrateAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await ApplyAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (DbException exception)
        {
            throw StorageErrors.CannotUse(exception);
        }
    }

    /// <summary>Compares the database with this version. Changes nothing.</summary>
    /// <exception cref="StorageException">The database cannot be reached.</exception>
    public async Task<SchemaStatus> GetStatusAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<string> applied;
        try
        {
            applied = await GetAppliedAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (DbException exception)
        {
            throw StorageErrors.CannotUse(exception);
        }

        var known = Scripts.Select(script => script.Name).ToList();
        return new SchemaStatus(applied, [.. known.Except(applied)], [.. applied.Except(known)]);
    }

    private protected abstract Task<IReadOnlyList<string>> ApplyAsync(CancellationToken cancellationToken);

    private protected abstract Task<IReadOnlyList<string>> GetAppliedAsync(CancellationToken cancellationToken);

    private protected IReadOnlyList<string> Run(UpgradeEngine engine, IReadOnlyList<string> applied)
    {
        var unknown = applied.Except(Scripts.Select(script => script.Name)).Order(StringComparer.Ordinal).ToList();
        if (unknown.Count > 0)
        {
            throw new StorageException(
                $"The database was migrated by a newer version: it has '{unknown[^1]}', and this version knows scripts up to '{Scripts[^1].Name}'. "
                + "Start that version or a later one, or restore a backup from before the upgrade.");
        }

        var result = engine.PerformUpgrade();
        if (!result.Successful)
            throw new StorageException($"Migration script '{result.ErrorScript?.Name ?? "(none)"}' failed and was rolled back: {result.Error.Message}", result.Error);
        return [.. result.Scripts.Select(script => script.Name)];
    }

    private static string Read(Assembly assembly, string name)
    {
        using var stream = assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    /// <summary>Failures come back as results; the steps themselves are of no interest to anybody.</summary>
    private protected sealed class SilentLog : IUpgradeLog
    {
        public void LogTrace(string format, params object[] args)
        {
        }

        public void LogDebug(string format, params object[] args)
        {
        }

        public void LogInformation(string format, params object[] args)
        {
        }

        public void LogWarning(string format, params object[] args)
        {
        }

        public void LogError(string format, params object[] args)
        {
        }

        public void LogError(Exception ex, string format, params object[] args)
        {
        }
    }
}

/// <param name="Applied">Scripts the database has had.</param>
/// <param name="Missing">Scripts this version knows and the database has not had; <c>migrate</c> runs them.</param>
/// <param name="Unknown">Scripts of a newer version; this one must not work with such a database.</param>
public sealed record SchemaStatus(IReadOnlyList<string> Applied, IReadOnlyList<string> Missing, IReadOnlyList<string> Unknown)
{
    public bool IsCurrent => Missing.Count == 0 && Unknown.Count == 0;
}
