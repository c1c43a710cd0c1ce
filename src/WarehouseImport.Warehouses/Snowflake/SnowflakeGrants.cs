using System.Text;

namespace WarehouseImport.Warehouses.Snowflake;

/// <summary>Writes the statements that let a connection's user read and do nothing else. They can be run any number of times.</summary>
internal static class SnowflakeGrants
{
    private const string DefaultRole = "WAREHOUSE_IMPORT_READER";

    public static string Warehouse(SnowflakeTarget target) =>
        $"GRANT USAGE ON WAREHOUSE {SnowflakeSql.Identifier(target.Warehouse)} TO ROLE {Role(target)};";

    public static string Dataset(DatasetName dataset, SnowflakeTarget target)
    {
        if (dataset.Parts.Count != 3) return "Name the dataset as database.schema.table.";
        var database = SnowflakeSql.Identifier(dataset.Parts[0]);
        var schema = $"{database}.{SnowflakeSql.Identifier(dataset.Parts[1])}";
        var role = Role(target);
        return $"GRANT USAGE ON DATABASE {database} TO ROLE {role}; GRANT USAGE ON SCHEMA {schema} TO ROLE {role}; "
            + $"GRANT SELECT ON TABLE {SnowflakeSql.Relation(dataset)} TO ROLE {role}; (ON VIEW for a view)";
    }

    public static string Write(SnowflakeTarget target, KeyPair? keyPair)
    {
        var role = Role(target);
        var user = SnowflakeSql.Identifier(target.User);
        var warehouse = SnowflakeSql.Identifier(target.Warehouse);
        var script = new StringBuilder();
        void Line(string comment, params string[] statements)
        {
            script.Append("-- ").Append(comment).Append('\n');
            foreach (var statement in statements) script.Append(statement).Append('\n');
            script.Append('\n');
        }

        Line("Lets WarehouseImport read, and nothing else. Safe to run again. Run it as a person who may use SECURITYADMIN and SYSADMIN.");
        Line("Users, roles and grants are the security administrator's.", "USE ROLE SECURITYADMIN;");
        Line("The role that holds every right of the import. It owns nothing and can change nothing.", $"CREATE ROLE IF NOT EXISTS {role};");
        Line(
            "A user for a service: it has no password and cannot open the web console.",
            $"CREATE USER IF NOT EXISTS {user} TYPE = SERVICE DEFAULT_ROLE = {role} DEFAULT_WAREHOUSE = {warehouse};",
            $"GRANT ROLE {role} TO USER {user};");
        switch (target.Auth)
        {
            case SnowflakeAuth.KeyPair when keyPair is not null:
                Line(
                    "The public half of the key this server signs with. The private half never left it. RSA_PUBLIC_KEY_2 takes a second key while you change keys.",
                    $"ALTER USER {user} SET RSA_PUBLIC_KEY = '{keyPair.PublicKey}';");
                break;
            case SnowflakeAuth.KeyPair:
                Line(
                    "The public half of the key the connection signs with: base64 without the BEGIN and END lines. Let the connection make a key pair to get this line filled in.",
                    $"-- ALTER USER {Comment(user)} SET RSA_PUBLIC_KEY = '<public key>';");
                break;
            case SnowflakeAuth.ProgrammaticAccessToken:
                Line(
                    "A token for this role alone. Its user must be under a network policy that lets this server in. Snowflake shows the token once.",
                    $"ALTER USER {user} ADD PROGRAMMATIC ACCESS TOKEN WAREHOUSE_IMPORT ROLE_RESTRICTION = {SnowflakeSql.Text(target.Role ?? DefaultRole)} DAYS_TO_EXPIRY = 365;");
                break;
            default:
                Line("The OAuth security integration that issues the token is set up outside this script; it must allow the role above.");
                break;
        }

        Line("Grants on objects are given by the role that owns them; SYSADMIN usually does. Use another role here if yours is owned by one.", "USE ROLE SYSADMIN;");
        Line(
            "Running queries needs a warehouse. An extra-small one that sleeps after a minute is enough; leave the first line out to use one you have.",
            $"CREATE WAREHOUSE IF NOT EXISTS {warehouse} WAREHOUSE_SIZE = XSMALL AUTO_SUSPEND = 60 AUTO_RESUME = TRUE INITIALLY_SUSPENDED = TRUE;",
            $"GRANT USAGE ON WAREHOUSE {warehouse} TO ROLE {role};");
        if (target.Databases is not { Count: > 0 } databases)
        {
            Line("No database is named in the connection: set 'databases' and ask for this script again to get the lines that let it read.");
            return script.ToString().TrimEnd() + "\n";
        }

        foreach (var name in databases)
        {
            var database = SnowflakeSql.Identifier(SnowflakeTarget.Fold(name));
            Line(
                $"{Comment(name)}: seeing it. For a database shared from another account use GRANT IMPORTED PRIVILEGES ON DATABASE instead of everything below it.",
                $"GRANT USAGE ON DATABASE {database} TO ROLE {role};");
            if (target.Schemas is not { Count: > 0 } schemas)
            {
                Line("All its schemas, those to come included.", $"GRANT USAGE ON ALL SCHEMAS IN DATABASE {database} TO ROLE {role};", $"GRANT USAGE ON FUTURE SCHEMAS IN DATABASE {database} TO ROLE {role};");
                Select($"DATABASE {database}");
                continue;
            }

            foreach (var schema in schemas)
            {
                var full = $"{database}.{SnowflakeSql.Identifier(SnowflakeTarget.Fold(schema))}";
                Line($"{Comment(schema)}: seeing it.", $"GRANT USAGE ON SCHEMA {full} TO ROLE {role};");
                Select($"SCHEMA {full}");
            }
        }

        return script.ToString().TrimEnd() + "\n";

        void Select(string place)
        {
            foreach (var (kind, plural) in new[] { ("Tables", "TABLES"), ("Views", "VIEWS"), ("Materialised views", "MATERIALIZED VIEWS"), ("Dynamic tables", "DYNAMIC TABLES") })
            {
                Line(
                    $"{kind}: reading those there are, and those to come. For single ones use GRANT SELECT ON with their names instead.",
                    $"GRANT SELECT ON ALL {plural} IN {place} TO ROLE {role};",
                    $"GRANT SELECT ON FUTURE {plural} IN {place} TO ROLE {role};");
            }
        }
    }

    // A name can hold a line break, which would end the comment.
    private static string Comment(string name) => string.Concat(name.Select(letter => char.IsControl(letter) || letter is '\u2028' or '\u2029' ? ' ' : letter));

    private static string Role(SnowflakeTarget target) => SnowflakeSql.Identifier(target.Role ?? DefaultRole);
}
