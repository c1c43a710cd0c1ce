using WarehouseImport.Profiles;
using WarehouseImport.Profiles.Problems;
using WarehouseImport.Profiles.Properties;
using WarehouseImport.Profiles.Values;
using WarehouseImport.Syncs.Definitions;
using WarehouseImport.Syncs.Mapping;
using WarehouseImport.Syncs.Runs;
using WarehouseImport.Warehouses;
using WarehouseImport.Warehouses.Connections;

namespace WarehouseImport.Syncs.Setup;

/// <summary>What a check of a definition found.</summary>
/// <param name="Problems">What has to change; empty if the definition can be saved.</param>
/// <param name="Warnings">What somebody may want to know.</param>
/// <param name="Definition">The definition to save: suggested types made explicit and columns remembered, so that neither changes later by itself.</param>
public sealed record MappingValidation(IReadOnlyList<SetupProblem> Problems, IReadOnlyList<SetupProblem> Warnings, SyncDefinition Definition)
{
    public bool IsOk => Problems.Count == 0;
}

/// <summary>
/// Checks a definition before it is saved: the rules of profile-import-rules 12, its names and limits, other syncs' properties (4.4, 6.4), and the dataset itself,
/// which is read once. Reports everything it finds in one answer.
/// </summary>
public sealed class MappingValidator(ISyncStore syncs, IWarehouseConnections connections, TimeProvider time)
{
    /// <summary>A maximum of the cursor this close to the warehouse's clock is looked at twice (H12).</summary>
    public static readonly TimeSpan NearClock = TimeSpan.FromMinutes(5);

    /// <summary>Time between the two looks.</summary>
    public static readonly TimeSpan SecondLookAfter = TimeSpan.FromSeconds(3);

    private const int SyncsPerPage = 200;
    private const int RowsRead = 1_000;

    /// <param name="syncId">The sync that is being changed, or null for a new one.</param>
    public async Task<MappingValidation> ValidateAsync(SyncDefinition definition, Guid? syncId, CancellationToken cancellationToken)
    {
        var problems = new List<SetupProblem>();
        var warnings = new List<SetupProblem>();
        MappingRules.CheckDefinition(definition, problems);

        try
        {
            await using var warehouse = await connections.OpenAsync(definition.ConnectionId, cancellationToken);
            if (warehouse is null)
            {
                problems.Add(new SetupProblem(SetupCodes.ConnectionUnknown, $"There is no connection {definition.ConnectionId}.", "/connectionId"));
            }
            else
            {
                var columns = await warehouse.GetColumnsAsync(definition.Dataset, cancellationToken);
                MappingRules.CheckColumns(definition, columns, problems);
                definition = Resolve(definition, columns);
                if (problems.Count == 0) await CheckDatasetAsync(warehouse, definition, columns, problems, warnings, cancellationToken);
            }
        }
        catch (WarehouseException exception)
        {
            var pointer = exception.Code == WarehouseErrors.DatasetUnknown ? "/dataset" : "/connectionId";
            problems.Add(new SetupProblem(exception.Code, exception.Message, pointer, exception.Fix));
        }

        await CheckOtherSyncsAsync(definition, syncId, problems, warnings, cancellationToken);
        return new MappingValidation(problems, warnings, definition);
    }

    private static SyncDefinition Resolve(SyncDefinition definition, IReadOnlyList<DatasetColumn> columns)
    {
        var fields = definition.Fields
            .Select(field => columns.FirstOrDefault(column => column.Name == field.Column) is { } column
                ? field with { Target = MappingRules.CanonicalTarget(field.Target), Type = MappingRules.TypeOf(field, column) ?? field.Type }
                : field)
            .ToList();
        return definition with { Fields = fields, SavedColumns = SchemaCheck.Remember(definition, columns) };
    }

    private async Task CheckDatasetAsync(
        IWarehouse warehouse,
        SyncDefinition definition,
        IReadOnlyList<DatasetColumn> columns,
        List<SetupProblem> problems,
        List<SetupProblem> warnings,
        CancellationToken cancellationToken)
    {
        var kind = columns.First(column => column.Name == definition.Cursor.Column).Kind;
        var codec = CursorCodec.Create(definition.Cursor, kind);
        var cursor = codec.ToColumn(definition.Cursor);
        try
        {
            var statistics = await warehouse.GetCursorStatisticsAsync(definition.Dataset, cursor, null, cancellationToken);
            if (statistics.TotalRows == 0)
                warnings.Add(MappingRules.From(ProblemCatalogue.Fill(ProblemCodes.DatasetEmptyWarning, ("dataset", definition.Dataset.ToString())), "/dataset"));
            if (statistics.NullCursorRows > 0)
            {
                warnings.Add(new SetupProblem(
                    ProblemCodes.CursorNull,
                    $"{statistics.NullCursorRows} of {statistics.TotalRows} rows have no {definition.Cursor.Column} and would not be read.",
                    "/cursor/column",
                    "Fill the column, or combine it with a second one that is always set."));
            }

            if (statistics.MaxCursor is not { } maximum) return;
            await ReadMappedColumnsAsync(warehouse, definition, columns, codec, cursor, maximum, problems, cancellationToken);
            if (codec.TryParse(maximum, out var latest))
                await LookTwiceAsync(warehouse, definition, codec, cursor, latest, problems, warnings, cancellationToken);
        }
        catch (WarehouseException exception) when (exception.Code is WarehouseErrors.PermissionDenied or WarehouseErrors.QueryFailed)
        {
            problems.Add(new SetupProblem(
                ProblemCodes.DatasetUnreadable,
                ProblemCatalogue.Fill(ProblemCodes.DatasetUnreadable, ("dataset", definition.Dataset.ToString()), ("reason", exception.Message)).Detail,
                "/dataset",
                exception.Fix ?? ProblemCatalogue.Get(ProblemCodes.DatasetUnreadable).Hint));
        }
    }

    // Reading the newest rows proves the grant on every mapped column. Of a text cursor it also returns values that are not in the stated form,
    // because the warehouse delivers those whatever the window.
    private static async Task ReadMappedColumnsAsync(
        IWarehouse warehouse,
        SyncDefinition definition,
        IReadOnlyList<DatasetColumn> columns,
        CursorCodec codec,
        CursorColumn cursor,
        string maximum,
        List<SetupProblem> problems,
        CancellationToken cancellationToken)
    {
        var query = new WindowQuery(Guid.CreateVersion7(), definition.Dataset, RowMapper.ColumnsToRead(definition, columns), cursor, maximum, maximum, RowsRead);
        await using var read = await warehouse.OpenWindowAsync(query, cancellationToken);
        await foreach (var page in read.ReadPagesAsync(0, cancellationToken))
        {
            var unreadable = Array.Find(page.Cursor, text => !codec.TryParse(text, out _));
            if (unreadable is not null)
            {
                problems.Add(MappingRules.From(
                    ProblemCatalogue.Fill(ProblemCodes.CursorUnparsable, ("value", unreadable), ("column", definition.Cursor.Column)), "/cursor"));
            }

            break;
        }
    }

    private async Task LookTwiceAsync(
        IWarehouse warehouse,
        SyncDefinition definition,
        CursorCodec codec,
        CursorColumn cursor,
        SourceInstant first,
        List<SetupProblem> problems,
        List<SetupProblem> warnings,
        CancellationToken cancellationToken)
    {
        var now = SourceInstant.Parse(await warehouse.GetCurrentTimeAsync(cancellationToken));
        if (first < now.AddClamped(-NearClock) || first > now.AddClamped(NearClock)) return;

        await Task.Delay(SecondLookAfter, time, cancellationToken);
        var ceiling = codec.FormatUpperBound(first);
        var again = await warehouse.GetCursorStatisticsAsync(definition.Dataset, cursor, ceiling, cancellationToken);
        if (again.MaxCursor is not { } text || !codec.TryParse(text, out var second) || second <= first) return;

        // Where the cursor is the current time, every row has moved past the first maximum; where rows were merely written meanwhile, only those have.
        var datedRows = again.TotalRows - again.NullCursorRows;
        var isComputed = again.RowsAboveCeiling * 2 > datedRows;
        var problem = MappingRules.From(ProblemCatalogue.Fill(ProblemCodes.CursorVolatile, ("column", definition.Cursor.Column)), "/cursor/column");
        if (isComputed && !definition.Cursor.AllowVolatile)
            problems.Add(problem with { Fix = problem.Fix + " Set cursor.allowVolatile to import everything at every run." });
        else if (isComputed || again.RowsAboveCeiling > 0)
            warnings.Add(problem with { Message = $"{problem.Message} {again.RowsAboveCeiling} of {datedRows} rows moved within {SecondLookAfter.TotalSeconds:0} s." });
    }

    private async Task CheckOtherSyncsAsync(
        SyncDefinition definition,
        Guid? syncId,
        List<SetupProblem> problems,
        List<SetupProblem> warnings,
        CancellationToken cancellationToken)
    {
        var mine = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var index = 0; index < definition.Fields.Count; index++)
        {
            foreach (var owned in MappingRules.OwnedBy(definition.Fields[index].Target)) mine.TryAdd(owned, index);
        }

        var shared = definition.AllowSharedProperties.SelectMany(MappingRules.OwnedBy).ToHashSet(StringComparer.Ordinal);
        var reported = new HashSet<string>(StringComparer.Ordinal);

        Guid? after = null;
        while (true)
        {
            var page = await syncs.ListAsync(after, SyncsPerPage, cancellationToken);
            foreach (var other in page.Where(other => other.Id != syncId)) CheckOther(other.Definition);
            if (page.Count < SyncsPerPage) return;
            after = page[^1].Id;
        }

        void CheckOther(SyncDefinition other)
        {
            // A new sync always needs the permission. An existing one may be the first of those that share, which needs none if all others have it.
            var theirShared = other.AllowSharedProperties.SelectMany(MappingRules.OwnedBy).ToHashSet(StringComparer.Ordinal);
            foreach (var (field, target) in other.Fields.SelectMany(field => MappingRules.OwnedBy(field.Target).Select(owned => (field, owned))))
            {
                if (!mine.TryGetValue(target, out var index))
                {
                    WarnOfLookAlikes(target);
                    continue;
                }

                var pointer = MappingRules.PointerTo(index);
                if (!shared.Contains(target) && (syncId is null || !theirShared.Contains(target)) && reported.Add(target))
                {
                    var problem = MappingRules.From(
                        ProblemCatalogue.Fill(ProblemCodes.PropertyOwnedByOtherSync, ("target", target), ("sync", other.Name)), pointer + "/target");
                    problems.Add(problem with { Fix = $"Take it out of one of the two syncs, or list {target} in allowSharedProperties of this one." });
                }

                if (definition.Fields[index].Type is { } type && field.Type is { } theirs && type != theirs && FieldPaths.IsCustom(target))
                {
                    problems.Add(MappingRules.From(
                        ProblemCatalogue.Fill(ProblemCodes.PropertyTypeConflict, ("target", target), ("a", NameOf(theirs)), ("b", NameOf(type))), pointer + "/type"));
                }
            }
        }

        void WarnOfLookAlikes(string target)
        {
            if (!FieldPaths.TryGetCustomName(target, out var name)) return;
            foreach (var own in mine.Keys)
            {
                if (!FieldPaths.TryGetCustomName(own, out var ownName) || !CustomPropertyNames.AreConfusable(ownName, name) || !reported.Add(own + "\n" + name)) continue;
                warnings.Add(new SetupProblem(
                    SetupCodes.PropertyNameSimilar,
                    $"The property '{MappingRules.Show(ownName)}' differs from the existing '{MappingRules.Show(name)}' only in case, spaces or underscores.",
                    MappingRules.PointerTo(mine[own]) + "/target"));
            }
        }
    }

    private static string NameOf(PropertyType type) => DefinitionWords.WordOf(DefinitionWords.PropertyTypes, type);
}
