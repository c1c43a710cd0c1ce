using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using WarehouseImport.Emulators.Engine;
using WarehouseImport.Emulators.Engine.Catalogue;
using WarehouseImport.Emulators.Engine.Sql;

namespace WarehouseImport.Emulators.Snowflake;

/// <summary>The <c>SHOW</c> commands: they need no warehouse, list what the role sees, and name their columns in lower case.</summary>
internal sealed class SnowflakeShow(ShowSyntax show, StatementContext context, IReadOnlyDictionary<string, IReadOnlySet<string>?> warehouses, IReadOnlyList<SnowflakeGrant> grants)
{
    private const int RowLimit = 10_000;
    private static readonly SqlType Text = SnowflakeType.Varchar();
    private static readonly SqlType Instant = SnowflakeType.TimestampLtz(3);
    private static readonly SqlType Number = SnowflakeType.Number();

    /// <exception cref="SqlFailure">The command or its object is not known.</exception>
    public FrozenResult Run()
    {
        var result = show.What switch
        {
            "DATABASES" => Databases(),
            "SCHEMAS" => Schemas(),
            "TABLES" => Relations(static k => k is RelationKind.Table or RelationKind.DynamicTable),
            "VIEWS" => Relations(static k => k is RelationKind.View or RelationKind.MaterializedView),
            "MATERIALIZED VIEWS" => Relations(static k => k is RelationKind.MaterializedView),
            "DYNAMIC TABLES" => Relations(static k => k is RelationKind.DynamicTable),
            "EXTERNAL TABLES" => Relations(static k => k is RelationKind.ExternalTable),
            "OBJECTS" => Relations(static _ => true),
            "COLUMNS" => Columns(),
            "PRIMARY KEYS" => PrimaryKeys(),
            "WAREHOUSES" => Warehouses(),
            "GRANTS" => Grants(),
            _ => throw new SqlFailure(SqlFailureKind.Syntax, show.What),
        };
        return Limited(result);
    }

    private static string Millis(DateTimeOffset instant)
    {
        var nanos = CivilTime.Nanos(instant);
        return (nanos - (nanos % 1_000_000)).ToString(CultureInfo.InvariantCulture);
    }

    private static FrozenResult Result((string Name, SqlType Type)[] columns, IEnumerable<object?[]> rows) =>
        new([.. columns.Select(c => new OutputColumn(c.Name, c.Type, true))], [.. rows]);

    private static string KindName(RelationKind kind) => kind switch
    {
        RelationKind.View => "VIEW",
        RelationKind.MaterializedView => "MATERIALIZED VIEW",
        RelationKind.ExternalTable => "EXTERNAL TABLE",
        _ => "TABLE",
    };

    private FrozenResult Limited(FrozenResult result)
    {
        var name = result.Columns.ToList().FindIndex(c => c.Name is "name" or "column_name");
        if (name < 0) return result;
        var rows = result.Rows.Where(r => Matches((string)r[name]!));
        if (show.From is not null) rows = rows.Where(r => string.CompareOrdinal((string)r[name]!, show.From) > 0);
        var list = rows.ToList();
        // Columns alone are cut without a word.
        if (show.What == "COLUMNS") return result with { Rows = [.. list.Take(show.Limit ?? RowLimit)] };
        return list.Count > RowLimit && show.Limit is null
            ? throw new SqlFailure(SqlFailureKind.Armed, "090153", $"The result set size exceeded the max number of rows({RowLimit}) supported for SHOW statements. Use LIMIT option to limit result set to a smaller number.")
            : result with { Rows = [.. list.Take(Math.Min(show.Limit ?? RowLimit, RowLimit))] };
    }

    private bool Matches(string name)
    {
        if (show.StartsWith is not null && !name.StartsWith(show.StartsWith, StringComparison.Ordinal)) return false;
        if (show.Like is null) return true;
        var pattern = Regex.Escape(show.Like).Replace("%", ".*", StringComparison.Ordinal).Replace("_", ".", StringComparison.Ordinal);
        return Regex.IsMatch(name, $"^{pattern}$", RegexOptions.IgnoreCase | RegexOptions.Singleline);
    }

    private static SqlFailure Missing() => new(SqlFailureKind.Armed, "002043", "SQL compilation error:\nObject does not exist, or operation cannot be performed.");

    private FrozenResult Databases()
    {
        var rows = context.Catalogue.Databases.Where(d => context.Sees(d.VisibleTo));
        return show.IsTerse
            ? Result(
                [("created_on", Instant), ("name", Text), ("kind", Text), ("database_name", Text), ("schema_name", Text)],
                rows.Select(d => (object?[])[Millis(d.CreatedOn), d.Name, d.Kind, null, null]))
            : Result(
                [
                    ("created_on", Instant), ("name", Text), ("is_default", Text), ("is_current", Text), ("origin", Text), ("owner", Text), ("comment", Text), ("options", Text),
                    ("retention_time", Text), ("kind", Text), ("budget", Text), ("owner_role_type", Text), ("object_visibility", Text),
                ],
                rows.Select(d => (object?[])
                    [Millis(d.CreatedOn), d.Name, "N", d.Name == context.Database ? "Y" : "N", "", "SYSADMIN", "", "", "1", d.Kind, null, "ROLE", null]));
    }

    private FrozenResult Schemas()
    {
        var databases = show.Scope == "ACCOUNT" || (show.Path.Count == 0 && context.Database is null)
            ? context.Catalogue.Databases.Where(d => context.Sees(d.VisibleTo))
            : [Database(show.Path.Count == 0 ? context.Database! : SnowflakeTranslator.Fold(show.Path[0]))];
        var rows = databases.SelectMany(d => d.Schemas.Where(context.Sees).Select(s => (Database: d, s.Name, s.CreatedOn)).Append((Database: d, Name: "INFORMATION_SCHEMA", d.CreatedOn)))
            .OrderBy(s => s.Database.Name, StringComparer.Ordinal).ThenBy(s => s.Name, StringComparer.Ordinal);
        return show.IsTerse
            ? Result(
                [("created_on", Instant), ("name", Text), ("kind", Text), ("database_name", Text), ("schema_name", Text)],
                rows.Select(s => (object?[])[Millis(s.CreatedOn), s.Name, null, s.Database.Name, null]))
            : Result(
                [
                    ("created_on", Instant), ("name", Text), ("is_default", Text), ("is_current", Text), ("database_name", Text), ("owner", Text), ("comment", Text), ("options", Text),
                    ("retention_time", Text), ("owner_role_type", Text), ("classification_profile_database", Text),
                ],
                rows.Select(s => (object?[])[Millis(s.CreatedOn), s.Name, "N", "N", s.Database.Name, "SYSADMIN", "", "", "1", "ROLE", null]));
    }

    private FrozenResult Relations(Func<RelationKind, bool> wanted)
    {
        var tables = Tables().Where(t => wanted(t.Kind)).ToList();
        if (show.IsTerse)
        {
            return Result(
                [("created_on", Instant), ("name", Text), ("kind", Text), ("database_name", Text), ("schema_name", Text)],
                tables.Select(t => (object?[])[Millis(t.CreatedOn), t.Name, KindName(t.Kind), t.Schema.Database.Name, t.Schema.Name]));
        }

        if (show.What.EndsWith("VIEWS", StringComparison.Ordinal))
        {
            return Result(
                [
                    ("created_on", Instant), ("name", Text), ("reserved", Text), ("database_name", Text), ("schema_name", Text), ("owner", Text), ("comment", Text), ("text", Text),
                    ("is_secure", Text), ("is_materialized", Text), ("owner_role_type", Text), ("change_tracking", Text), ("invocation_mode", Text),
                ],
                tables.Select(t => (object?[])
                [
                    Millis(t.CreatedOn), t.Name, "", t.Schema.Database.Name, t.Schema.Name, "SYSADMIN", t.Comment ?? "", t.ViewSql ?? "", "false",
                    t.Kind == RelationKind.MaterializedView ? "true" : "false", "ROLE", "OFF", null,
                ]));
        }

        return Result(
            [
                ("created_on", Instant), ("name", Text), ("database_name", Text), ("schema_name", Text), ("kind", Text), ("comment", Text), ("cluster_by", Text), ("rows", Number),
                ("bytes", Number), ("owner", Text), ("retention_time", Text), ("change_tracking", Text), ("is_external", Text), ("owner_role_type", Text), ("is_dynamic", Text), ("is_immutable", Text),
            ],
            tables.Select(t => (object?[])
            [
                Millis(t.CreatedOn), t.Name, t.Schema.Database.Name, t.Schema.Name, KindName(t.Kind), t.Comment ?? "", "",
                t.ViewSql is null ? t.RowCount.ToString(CultureInfo.InvariantCulture) : null, t.ViewSql is null ? (t.RowCount * 64).ToString(CultureInfo.InvariantCulture) : null,
                "SYSADMIN", "1", "OFF", t.Kind == RelationKind.ExternalTable ? "Y" : "N", "ROLE", t.Kind == RelationKind.DynamicTable ? "Y" : "N", "N",
            ]));
    }

    private FrozenResult Columns()
    {
        return Result(
            [
                ("table_name", Text), ("schema_name", Text), ("column_name", Text), ("data_type", Text), ("null?", Text), ("default", Text), ("kind", Text), ("expression", Text), ("comment", Text),
                ("database_name", Text), ("autoincrement", Text), ("schema_evolution_record", Text),
            ],
            Tables().SelectMany(t => t.Columns.Select(c => (object?[])
            [
                t.Name, t.Schema.Name, c.Name, DataType(c), c.IsNullable ? "true" : "NOT_NULL", "", "COLUMN", "", c.Comment ?? "", t.Schema.Database.Name, "", null,
            ])));
    }

    private static string DataType(ColumnDefinition column)
    {
        var type = column.Type;
        var json = new JsonObject { ["type"] = SnowflakeType.CatalogueName(type, isShow: true) };
        if (type.Kind is SqlTypeKind.Text or SqlTypeKind.Binary)
        {
            json["length"] = type.Length;
            json["byteLength"] = type.Kind == SqlTypeKind.Text ? Math.Min(16_777_216, type.Length * 4L) : type.Length;
        }

        if (type.Kind is SqlTypeKind.Number or SqlTypeKind.Time || type.IsTimestamp)
        {
            json["precision"] = type.Precision;
            json["scale"] = type.Scale;
        }

        json["nullable"] = column.IsNullable;
        if (type.Kind == SqlTypeKind.Text) json["fixed"] = false;
        return json.ToJsonString(WireJson.Options);
    }

    private FrozenResult PrimaryKeys() => Result(
        [
            ("created_on", Instant), ("database_name", Text), ("schema_name", Text), ("table_name", Text), ("column_name", Text), ("key_sequence", Number), ("constraint_name", Text),
            ("rely", Text), ("comment", Text),
        ],
        Tables().SelectMany(t => t.PrimaryKey.Select((k, i) => (object?[])
        [
            Millis(t.CreatedOn), t.Schema.Database.Name, t.Schema.Name, t.Name, k, (i + 1).ToString(CultureInfo.InvariantCulture), $"SYS_CONSTRAINT_{t.StorageName}", "false", null,
        ])));

    private FrozenResult Warehouses() => Result(
        [("name", Text), ("state", Text), ("type", Text), ("size", Text), ("running", Number), ("queued", Number), ("is_default", Text), ("is_current", Text), ("auto_suspend", Number), ("auto_resume", Text)],
        warehouses.Where(w => context.Sees(w.Value)).OrderBy(w => w.Key, StringComparer.Ordinal).Select(w => (object?[])
            [w.Key, "STARTED", "STANDARD", "X-Small", "0", "0", "N", w.Key == context.Warehouse ? "Y" : "N", "60", "true"]));

    private FrozenResult Grants()
    {
        var name = SnowflakeTranslator.Fold(show.Path[^1]);
        var rows = show.Scope switch
        {
            "TO ROLE" => Visible().Concat(grants).Where(g => g.Role == name),
            "TO USER" => grants.Where(g => g.Privilege == "ROLE" && g.Name == name),
            _ => Visible().Concat(grants).Where(g => g.Name == string.Join('.', show.Path.Select(SnowflakeTranslator.Fold))),
        };
        return Result(
            [("created_on", Instant), ("privilege", Text), ("granted_on", Text), ("name", Text), ("granted_to", Text), ("grantee_name", Text), ("grant_option", Text), ("granted_by", Text)],
            rows.Select(g => (object?[])[Millis(context.Catalogue.Clock.GetUtcNow()), g.Privilege, g.On, g.Name, "ROLE", g.Role, "false", "SYSADMIN"]));
    }

    /// <summary>What the role's sight amounts to in grants.</summary>
    private IEnumerable<SnowflakeGrant> Visible()
    {
        if (context.Role is not { } role) yield break;
        foreach (var warehouse in warehouses.Where(w => context.Sees(w.Value))) yield return new SnowflakeGrant(role, "USAGE", "WAREHOUSE", warehouse.Key);
        foreach (var database in context.Catalogue.Databases.Where(d => context.Sees(d.VisibleTo)))
        {
            yield return new SnowflakeGrant(role, "USAGE", "DATABASE", database.Name);
            foreach (var schema in database.Schemas.Where(context.Sees))
            {
                yield return new SnowflakeGrant(role, "USAGE", "SCHEMA", $"{database.Name}.{schema.Name}");
                foreach (var table in schema.Tables.Where(context.Sees)) yield return new SnowflakeGrant(role, "SELECT", KindName(table.Kind), $"{database.Name}.{schema.Name}.{table.Name}");
            }
        }
    }

    private EmulatedDatabase Database(string name) =>
        context.Catalogue.TryFind(name, out var database) && context.Sees(database.VisibleTo) ? database : throw Missing();

    private IEnumerable<EmulatedTable> Tables()
    {
        var path = show.Path.Select(SnowflakeTranslator.Fold).ToList();
        var isTable = show.Scope is "TABLE" or "VIEW" || (show.What is "COLUMNS" or "PRIMARY KEYS" && show.Scope is null && path.Count == 3);
        if (isTable)
        {
            var database = Database(path.Count == 3 ? path[0] : context.Database ?? throw Missing());
            var schemaName = path.Count >= 2 ? path[^2] : context.Schema ?? throw Missing();
            return database.TryFind(schemaName, out var schema) && context.Sees(schema) && schema.TryFind(path[^1], out var table) && context.Sees(table) ? [table] : throw Missing();
        }

        if (show.Scope == "SCHEMA" || (show.Scope is null && path.Count == 2))
        {
            var database = Database(path.Count == 2 ? path[0] : context.Database ?? throw Missing());
            return database.TryFind(path[^1], out var schema) && context.Sees(schema) ? schema.Tables.Where(context.Sees) : throw Missing();
        }

        var databases = show.Scope == "ACCOUNT" || (path.Count == 0 && context.Database is null)
            ? context.Catalogue.Databases.Where(d => context.Sees(d.VisibleTo))
            : [Database(path.Count == 0 ? context.Database! : path[0])];
        return databases.SelectMany(d => d.Schemas).Where(context.Sees).SelectMany(s => s.Tables).Where(context.Sees);
    }
}

/// <summary>A privilege of a role beyond what visibility already says, for <c>SHOW GRANTS</c>.</summary>
/// <param name="On">Kind of the object, such as <c>TABLE</c>.</param>
public sealed record SnowflakeGrant(string Role, string Privilege, string On, string Name);
