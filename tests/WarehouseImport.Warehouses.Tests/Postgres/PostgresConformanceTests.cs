using Npgsql;
using NpgsqlTypes;
using WarehouseImport.Warehouses.Postgres;
using WarehouseImport.Warehouses.Reading;

namespace WarehouseImport.Warehouses.Tests.Postgres;

public sealed class PostgresConformanceTests : SqlWarehouseConformance
{
    private PostgresSeeder Server => (PostgresSeeder)Seeder;

    protected override async Task<WarehouseSeeder> SeedAsync()
    {
        var seeder = await PostgresSeeder.CreateAsync();
        await seeder.ExecuteAsync($"CREATE SCHEMA {seeder.Schema}");
        return seeder;
    }

    /// <summary>7.7, column PostgreSQL / Redshift.</summary>
    [Theory]
    [InlineData("text", "'It''s \"text\" \u8868'", ColumnKind.Text, "It's \"text\" \u8868")]
    [InlineData("text", "''", ColumnKind.Text, "")]
    [InlineData("char(4)", "'ab'", ColumnKind.Text, "ab  ")]
    [InlineData("uuid", "'6BA7B810-9DAD-11D1-80B4-00C04FD430C8'", ColumnKind.Text, "6ba7b810-9dad-11d1-80b4-00c04fd430c8")]
    [InlineData("inet", "'10.0.0.1/8'", ColumnKind.Text, "10.0.0.1/8")]
    [InlineData("int4range", "'[1,5)'", ColumnKind.Text, "[1,5)")]
    [InlineData("smallint", "-32768", ColumnKind.Integer, "-32768")]
    [InlineData("bigint", "9223372036854775807", ColumnKind.Integer, "9223372036854775807")]
    [InlineData("numeric", "-12345678901234567890123456789012345678901234.5678901234567890", ColumnKind.Decimal, "-12345678901234567890123456789012345678901234.5678901234567890")]
    [InlineData("numeric(10,4)", "1.5", ColumnKind.Decimal, "1.5000")]
    [InlineData("numeric", "'NaN'", ColumnKind.Decimal, "NaN")]
    [InlineData("money", "12.34::numeric::money", ColumnKind.Decimal, "12.34")]
    [InlineData("double precision", "0.1", ColumnKind.Float, "0.1")]
    [InlineData("double precision", "0.30000000000000004", ColumnKind.Float, "0.30000000000000004")]
    [InlineData("double precision", "5e-324", ColumnKind.Float, "5e-324")]
    [InlineData("double precision", "1.7976931348623157e308", ColumnKind.Float, "1.7976931348623157e+308")]
    [InlineData("double precision", "'-Infinity'", ColumnKind.Float, "-Infinity")]
    [InlineData("real", "0.1", ColumnKind.Float, "0.1")]
    [InlineData("boolean", "false", ColumnKind.Boolean, "false")]
    [InlineData("date", "DATE '0001-01-01'", ColumnKind.Date, "0001-01-01")]
    [InlineData("timestamp", "TIMESTAMP '9999-12-31 23:59:59.999990'", ColumnKind.Timestamp, "9999-12-31T23:59:59.99999")]
    [InlineData("timestamp", "'infinity'", ColumnKind.Timestamp, "infinity")]
    [InlineData("timestamptz", "TIMESTAMPTZ '2024-01-01 10:00:00.5+02'", ColumnKind.TimestampWithZone, "2024-01-01T08:00:00.5Z")]
    [InlineData("time", "'10:00:00.500'", ColumnKind.Time, "10:00:00.5")]
    [InlineData("timetz", "'10:00:00+02'", ColumnKind.Time, "10:00:00+02")]
    [InlineData("json", "'{\"a\": 1.10, \"b\": 12345678901234567890123}'", ColumnKind.Json, "{\"a\": 1.10, \"b\": 12345678901234567890123}")]
    [InlineData("jsonb", "'{\"b\": 12345678901234567890123, \"a\": 1.10}'", ColumnKind.Json, "{\"a\": 1.10, \"b\": 12345678901234567890123}")]
    [InlineData("int[]", "ARRAY[1, NULL, 3]", ColumnKind.List, "[1,null,3]")]
    [InlineData("text[]", "ARRAY['a\"b', 'c']", ColumnKind.List, "[\"a\\\"b\",\"c\"]")]
    [InlineData("numeric[]", "ARRAY[1234567890123456789012345678.0123456789]", ColumnKind.List, "[1234567890123456789012345678.0123456789]")]
    [InlineData("bigint[]", "ARRAY[9223372036854775807]", ColumnKind.List, "[9223372036854775807]")]
    [InlineData("json[]", "ARRAY['{\"a\":1}'::json]", ColumnKind.Json, "[{\"a\":1}]")]
    public Task Cell_OfNativeType_IsExact(string type, string literal, ColumnKind kind, string expected) => AssertCellAsync(type, literal, kind, expected);

    [Theory]
    [InlineData("bytea")]
    [InlineData("point")]
    [InlineData("polygon")]
    [InlineData("interval")]
    [InlineData("bit(3)")]
    [InlineData("tsvector")]
    [InlineData("bytea[]")]
    public Task Column_OfTypeWithoutText_IsUnreadable(string type) => AssertUnreadableAsync(type);

    [Fact]
    public async Task GetColumns_UserTypes_AreFollowedToWhatTheyHold()
    {
        var schema = Seeder.Schema;
        await Seeder.ExecuteAsync(
            $"CREATE TYPE {schema}.mood AS ENUM ('sad', 'ok')",
            $"CREATE TYPE {schema}.pair AS (a int, b numeric)",
            $"CREATE DOMAIN {schema}.email AS varchar",
            $"CREATE DOMAIN {schema}.work_email AS {schema}.email",
            $"CREATE DOMAIN {schema}.tags AS text[]",
            $"CREATE DOMAIN {schema}.moment AS timestamptz",
            $"CREATE TABLE {Seeder.Sql("t")} (mood {schema}.mood, pair {schema}.pair, mail {schema}.work_email, tags {schema}.tags, moods {schema}.mood[], id {schema}.moment)",
            $"INSERT INTO {Seeder.Sql("t")} VALUES ('ok', (1, 1.10), 'a@b.c', '{{x}}', '{{sad,ok}}', '2024-01-01 00:00:00Z')");

        var columns = await Warehouse.GetColumnsAsync(Seeder.Name("t"), Cancellation);
        await using var window = await Warehouse.OpenWindowAsync(
            Query("t", null, "2025-01-01T00:00:00Z") with { Cursor = new CursorColumn("id"), Columns = [.. columns.Select(column => column.Name)] },
            Cancellation);
        var row = Assert.Single(await PagesAsync(window)).Columns.Select(cells => cells[0]);

        Assert.Equal(
            [ColumnKind.Text, ColumnKind.Json, ColumnKind.Text, ColumnKind.List, ColumnKind.List, ColumnKind.TimestampWithZone],
            columns.Select(column => column.Kind));
        Assert.Equal(["ok", "{\"a\":1,\"b\":1.10}", "a@b.c", "[\"x\"]", "[\"sad\",\"ok\"]", "2024-01-01T00:00:00Z"], row);
    }

    [Fact]
    public async Task ListDatasets_MaterialisedViewsAndPartitions_AreListedOnceWithKind()
    {
        await Seeder.ExecuteAsync(
            $"CREATE TABLE {Seeder.Sql("parted")} (id int) PARTITION BY LIST (id)",
            $"CREATE TABLE {Seeder.Sql("part1")} PARTITION OF {Seeder.Sql("parted")} FOR VALUES IN (1)",
            $"CREATE MATERIALIZED VIEW {Seeder.Sql("stored")} AS SELECT 1 AS id");

        var datasets = await Warehouse.ListDatasetsAsync(Cancellation);

        Assert.Equal(
            [new Dataset(Seeder.Name("parted"), DatasetKind.Table), new Dataset(Seeder.Name("stored"), DatasetKind.MaterializedView)],
            datasets.Where(dataset => dataset.Name.Parts[0] == Seeder.Schema));
    }

    [Fact]
    public async Task ListDatasets_SchemasSetting_HidesTheOthers()
    {
        await SeedBoundaryAsync();
        var admin = new NpgsqlConnectionStringBuilder((await Testing.ThrowawayPostgres.SharedAsync()).AdminConnectionString);
        await using var elsewhere = Server.Open(admin.Username!, admin.Password!, ("schemas", "other, \"odd\" one"));

        Assert.Empty(await elsewhere.ListDatasetsAsync(Cancellation));
        await Assert.ThrowsAsync<WarehouseException>(() => elsewhere.GetColumnsAsync(Seeder.Name("t"), Cancellation));
    }

    [Fact]
    public async Task ReadPages_RowsChangedWhileReading_ShowTheOldPicture()
    {
        await SeedBoundaryAsync();
        await InsertAsync(1, 20, "2024-01-01T00:00:00");

        await using var window = await Warehouse.OpenWindowAsync(Query("t", null, "2025-01-01T00:00:00"), Cancellation);
        var ids = new List<string?>();
        await foreach (var page in window.ReadPagesAsync(0, Cancellation))
        {
            ids.AddRange(page.Columns[0]);
            await Seeder.ExecuteAsync($"DELETE FROM {Seeder.Sql("t")} WHERE id > 10", $"UPDATE {Seeder.Sql("t")} SET id = id + 1000");
            await InsertAsync(500, 5, "2024-06-01T00:00:00");
        }

        Assert.Equal(22, window.Statistics.TotalRows);
        Assert.Equal(22, ids.Count);
        Assert.DoesNotContain(ids, id => id!.Length > 2);
    }

    /// <summary>R4 level (b): the counts and the pages of a window are two statements, so the transaction has to hold the picture.</summary>
    [Fact]
    public async Task Session_RowsCommittedBetweenTwoStatements_AreNotSeen()
    {
        await SeedBoundaryAsync();
        var counting = $"SELECT count(*) FROM {Seeder.Sql("t")}";
        await using var session = await PostgresSession.OpenAsync(Server.Target, new PostgresOptions(), TimeSpan.FromMinutes(1), Cancellation);

        var before = await session.RowsAsync(counting, "Counting", null, Cancellation);
        await InsertAsync(1, 5, Boundary);
        var after = await session.RowsAsync(counting, "Counting", null, Cancellation);

        Assert.Equal(before, after);
    }

    [Fact]
    public async Task Session_Write_IsRefusedByTheServer()
    {
        await SeedBoundaryAsync();
        await using var session = await PostgresSession.OpenAsync(Server.Target, new PostgresOptions(), TimeSpan.FromMinutes(1), Cancellation);

        var failure = await Assert.ThrowsAsync<WarehouseException>(() => session.ExecuteAsync($"DELETE FROM {Seeder.Sql("t")}", "Writing", null, Cancellation));

        Assert.Contains("25006", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("timestamptz", "2024-01-01T00:01:40Z", "2024-01-01T00:01:45.5Z")]
    [InlineData("timestamp", "2024-01-01T00:01:40", "2024-01-01T00:01:45.5")]
    [InlineData("date", "2024-01-03", "2024-01-04")]
    public async Task DeclareWindow_IndexedCursor_UsesTheIndex(string type, string from, string to)
    {
        await Seeder.ExecuteAsync(
            $"CREATE TABLE {Seeder.Sql("t")} (id bigint, changed {type})",
            $"INSERT INTO {Seeder.Sql("t")} SELECT i, (timestamp '2024-01-01 00:00:00' + i * interval '1 minute')::{type} FROM generate_series(1, 20000) AS s(i)",
            $"CREATE INDEX ON {Seeder.Sql("t")} (changed)",
            $"ANALYZE {Seeder.Sql("t")}");
        var cursor = CursorPlan.Resolve(Seeder.Name("t"), await Warehouse.GetColumnsAsync(Seeder.Name("t"), Cancellation), new CursorColumn("changed"));
        var window = PostgresSql.DeclareWindow(Seeder.Name("t"), cursor, [], from, to);

        await using var connection = await Server.ConnectAsync();
        await using var explain = new NpgsqlCommand(window.Text.Replace("DECLARE wi_window NO SCROLL CURSOR WITHOUT HOLD FOR", "EXPLAIN (COSTS OFF)", StringComparison.Ordinal), connection);
        foreach (var value in window.Values) explain.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Unknown, Value = value });
        var plan = new List<string>();
        await using (var reader = await explain.ExecuteReaderAsync(Cancellation))
        {
            while (await reader.ReadAsync(Cancellation)) plan.Add(reader.GetString(0));
        }

        Assert.Contains(plan, line => line.Contains("Index Cond", StringComparison.Ordinal));
    }

    [Fact]
    public async Task OpenWindow_NoRightToRead_IsDeniedWithTheGrantAsFix()
    {
        var role = await CreateRoleAsync();
        await SeedBoundaryAsync();
        await Seeder.ExecuteAsync($"CREATE TABLE {Seeder.Sql("secret")} (id bigint)", $"GRANT USAGE ON SCHEMA {Seeder.Schema} TO {role}", $"GRANT SELECT (changed) ON {Seeder.Sql("t")} TO {role}");
        await using var limited = Server.Open(role, "pw");

        var hidden = await Assert.ThrowsAsync<WarehouseException>(() => limited.GetColumnsAsync(Seeder.Name("secret"), Cancellation));
        var columns = await limited.GetColumnsAsync(Seeder.Name("t"), Cancellation);
        var missing = await Assert.ThrowsAsync<WarehouseException>(() => limited.OpenWindowAsync(Query("t", null, "2025-01-01T00:00:00"), Cancellation));
        var check = await limited.CheckAsync(Cancellation);
        await DropRoleAsync(role);

        Assert.Equal(WarehouseErrors.DatasetUnknown, hidden.Code);
        Assert.Equal(["changed"], columns.Select(column => column.Name));
        Assert.Equal(WarehouseErrors.ColumnMissing, missing.Code);
        Assert.True(check.IsOk, string.Join('\n', check.Items));
    }

    [Fact]
    public async Task Check_RoleWithoutAnyRight_NamesTheGrant()
    {
        var role = await CreateRoleAsync();
        await using var limited = Server.Open(role, "pw");

        var check = await limited.CheckAsync(Cancellation);
        await DropRoleAsync(role);

        var item = Assert.Single(check.Items, item => !item.IsOk);
        Assert.Equal("list_datasets", item.Name);
        Assert.Contains($"GRANT SELECT ON ALL TABLES IN SCHEMA \"public\" TO \"{role}\"", item.Fix, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReadPages_ValueThatFailsInTheMiddle_NamesNoContents()
    {
        await Seeder.ExecuteAsync(
            $"CREATE TABLE {Seeder.Sql("raw")} (id text, changed timestamp)",
            $"INSERT INTO {Seeder.Sql("raw")} VALUES ('canary-7f3a', timestamp '2024-01-01 00:00:00')",
            $"CREATE VIEW {Seeder.Sql("t")} AS SELECT id::int AS id, changed FROM {Seeder.Sql("raw")}");

        var failure = await Assert.ThrowsAsync<WarehouseException>(() => IdsAsync(Query("t", null, "2025-01-01T00:00:00")));

        Assert.Equal(WarehouseErrors.QueryFailed, failure.Code);
        Assert.Contains("22P02", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_ServerThatIsNotThere_IsUnreachableAndTransient()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        var port = ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        await using var nowhere = Server.Open("nobody", "pw", ("host", "127.0.0.1"), ("port", $"{port}"));

        var failure = await Assert.ThrowsAsync<WarehouseException>(() => nowhere.GetCurrentTimeAsync(Cancellation));

        Assert.Equal(WarehouseErrors.Unreachable, failure.Code);
        Assert.True(failure.IsTransient);
    }

    [Theory]
    [InlineData("database", "no_such_db", WarehouseErrors.SettingInvalid)]
    [InlineData("host", "no-such-host.invalid", WarehouseErrors.Unreachable)]
    [InlineData("ssl_mode", "require", WarehouseErrors.Unreachable)]
    public async Task Open_SettingThatCannotWork_IsNamedByCode(string setting, string value, string code)
    {
        var admin = new NpgsqlConnectionStringBuilder((await Testing.ThrowawayPostgres.SharedAsync()).AdminConnectionString);
        await using var warehouse = Server.Open(admin.Username!, admin.Password!, (setting, value));

        var failure = await Assert.ThrowsAsync<WarehouseException>(() => warehouse.GetCurrentTimeAsync(Cancellation));

        Assert.Equal(code, failure.Code);
        Assert.NotNull(failure.Fix);
    }

    [Fact]
    public async Task OpenWindow_CancelledWhileWaitingForALock_EndsAsCancelled()
    {
        await SeedBoundaryAsync();
        await using var connection = await Server.ConnectAsync();
        await using var transaction = await connection.BeginTransactionAsync(Cancellation);
        await using var locking = new NpgsqlCommand($"LOCK TABLE {Seeder.Sql("t")} IN ACCESS EXCLUSIVE MODE", connection, transaction);
        await locking.ExecuteNonQueryAsync(Cancellation);
        using var cancelling = new CancellationTokenSource();

        var opening = Warehouse.OpenWindowAsync(Query("t", null, "2025-01-01T00:00:00"), cancelling.Token);
        await Server.WaitForLockWaiterAsync("t");
        await cancelling.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => opening);
    }

    private async Task<string> CreateRoleAsync()
    {
        var role = $"reader_{Guid.NewGuid():N}";
        await Seeder.ExecuteAsync($"CREATE ROLE {role} LOGIN PASSWORD 'pw'");
        return role;
    }

    private Task DropRoleAsync(string role) => Seeder.ExecuteAsync($"DROP OWNED BY {role}", $"DROP ROLE {role}");
}
