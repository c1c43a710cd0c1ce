using DuckDB.NET.Data;

namespace WarehouseImport.Server.Sample;

/// <summary>
/// The sample warehouse of the demo: a DuckDB file with <c>crm.customers</c>, <c>loyalty.balances</c>, <c>web.signups</c> and the view <c>analytics.segments</c>,
/// realistic and messy, the same on every machine. Everything but the rows dated into the far future lies in the spring of 2024, so counts do not depend on the clock.
/// </summary>
internal static class SampleWarehouse
{
    private const string Schema = """
        CREATE SCHEMA crm;
        CREATE SCHEMA loyalty;
        CREATE SCHEMA shop;
        CREATE SCHEMA analytics;
        CREATE SCHEMA web;
        CREATE TABLE crm.customers (
            customer_id VARCHAR, email VARCHAR, phone VARCHAR, country VARCHAR, first_name VARCHAR, last_name VARCHAR, company VARCHAR, job_title VARCHAR,
            street VARCHAR, city VARCHAR, region VARCHAR, zip VARCHAR, timezone VARCHAR, locale VARCHAR, birthday VARCHAR, signed_up VARCHAR, tags VARCHAR,
            loyalty_tier VARCHAR, sms_consent VARCHAR, is_vip BOOLEAN, updated_at TIMESTAMPTZ);
        CREATE TABLE loyalty.balances (
            customer_id VARCHAR, card_email VARCHAR, balance DECIMAL(18, 4), points BIGINT, tier VARCHAR, enrolled BOOLEAN, enrolled_on DATE, updated_at TIMESTAMP);
        CREATE TABLE shop.orders (order_id BIGINT, email VARCHAR, amount DECIMAL(12, 2), ordered_on DATE, loaded_at TIMESTAMPTZ);
        CREATE TABLE web.signups (
            email VARCHAR, phone VARCHAR, customer_no VARCHAR, profile_id VARCHAR, consent VARCHAR, consented_at VARCHAR, suppression_reason VARCHAR, campaign VARCHAR,
            age VARCHAR, wants_catalogue VARCHAR, interests VARCHAR, answers VARCHAR, comment VARCHAR, avatar VARCHAR, ip VARCHAR, latitude VARCHAR, longitude VARCHAR,
            submitted_at TIMESTAMPTZ);
        CREATE VIEW analytics.segments AS
            SELECT
                lower(trim(email, ' ' || chr(9))) AS email,
                count(*) AS orders,
                sum(amount) AS lifetime_value,
                CASE WHEN sum(amount) >= 1500 THEN 'champion' WHEN count(*) >= 2 THEN 'loyal' ELSE 'new' END AS segment,
                max(ordered_on) + 45 AS predicted_next_order,
                round(1.0 / (1 + count(*)), 4)::DOUBLE AS churn_risk,
                max(loaded_at) AS computed_at
            FROM shop.orders
            GROUP BY ALL;
        """;

    /// <summary>Writes the file as it is before the first runs.</summary>
    /// <param name="path">A file that does not exist yet.</param>
    public static SampleExpectation Create(string path)
    {
        if (File.Exists(path)) throw new IOException($"'{path}' exists; the sample warehouse is only written to a new file.");

        using var connection = Open(path);
        Execute(connection, Schema);
        return Apply(connection, CustomerScript.First(), BalanceScript.First(), OrderScript.First(), SignupScript.First());
    }

    /// <summary>Changes part of it: new, changed, late, tied and repaired rows.</summary>
    public static SampleExpectation Change(string path)
    {
        using var connection = Open(path);
        return Apply(connection, CustomerScript.Second(), BalanceScript.Second(), OrderScript.Second(), SignupScript.Second());
    }

    /// <summary>What is known about people after both phases.</summary>
    public static ExpectedPeople People() => new([.. CustomerScript.Consent(), .. SignupScript.Consent()], CustomerScript.Pairs + SignupScript.Pairs, [.. SignupScript.Merged]);

    private static DuckDBConnection Open(string path)
    {
        var connection = new DuckDBConnection(new DuckDBConnectionStringBuilder { DataSource = path }.ConnectionString);
        connection.Open();
        return connection;
    }

    private static SampleExpectation Apply(
        DuckDBConnection connection,
        TableChange<CustomerRow> customers,
        TableChange<BalanceRow> balances,
        TableChange<OrderRow> orders,
        TableChange<SignupRow> signups)
    {
        using (var transaction = connection.BeginTransaction())
        {
            Remove(connection, "crm", "customers", "customer_id", customers.ReplacedKeys);
            Remove(connection, "loyalty", "balances", "customer_id", balances.ReplacedKeys);
            Remove(connection, "shop", "orders", "order_id", orders.ReplacedKeys);
            transaction.Commit();
        }

        Append(connection, "crm", "customers", customers.Rows, static (row, appender) =>
        {
            foreach (var text in (ReadOnlySpan<string?>)
            [
                row.CustomerId, row.Email, row.Phone, row.Country, row.FirstName, row.LastName, row.Company, row.JobTitle, row.Street, row.City, row.Region,
                row.Zip, row.TimeZone, row.Locale, row.Birthday, row.SignedUp, row.Tags, row.LoyaltyTier, row.SmsConsent,
            ])
            {
                appender.AppendValue(text);
            }

            appender.AppendValue(row.IsVip).AppendValue(row.UpdatedAt?.UtcDateTime);
        });
        Append(connection, "loyalty", "balances", balances.Rows, static (row, appender) => appender
            .AppendValue(row.CustomerId)
            .AppendValue(row.CardEmail)
            .AppendValue((decimal?)row.Balance)
            .AppendValue((long?)row.Points)
            .AppendValue(row.Tier)
            .AppendValue((bool?)row.Enrolled)
            .AppendValue(row.EnrolledOn)
            .AppendValue(row.UpdatedAt?.UtcDateTime));
        Append(connection, "shop", "orders", orders.Rows, static (row, appender) => appender
            .AppendValue((long?)row.OrderId)
            .AppendValue(row.Email)
            .AppendValue((decimal?)row.Amount)
            .AppendValue((DateOnly?)row.OrderedOn)
            .AppendValue(row.LoadedAt?.UtcDateTime));
        Append(connection, "web", "signups", signups.Rows, static (row, appender) =>
        {
            foreach (var text in (ReadOnlySpan<string?>)
            [
                row.Email, row.Phone, row.CustomerNumber, row.ProfileId, row.Consent, row.ConsentedAt, row.SuppressionReason, row.Campaign, row.Age, row.WantsCatalogue,
                row.Interests, row.Answers, row.Comment, row.Avatar, row.Ip, row.Latitude, row.Longitude,
            ])
            {
                appender.AppendValue(text);
            }

            appender.AppendValue((DateTime?)row.SubmittedAt.UtcDateTime);
        });
        Execute(connection, "CHECKPOINT");
        return new SampleExpectation(customers.Expected, balances.Expected, orders.Expected, signups.Expected);
    }

    private static void Append<TRow>(DuckDBConnection connection, string schema, string table, IReadOnlyList<TRow> rows, Action<TRow, IDuckDBAppenderRow> append)
    {
        using var appender = connection.CreateAppender(schema, table);
        foreach (var row in rows)
        {
            var target = appender.CreateRow();
            append(row, target);
            target.EndRow();
        }
    }

    private static void Remove(DuckDBConnection connection, string schema, string table, string key, IReadOnlyList<string> keys)
    {
        if (keys.Count == 0) return;

        using var command = connection.CreateCommand();
        command.CommandText = $"DELETE FROM {schema}.{table} WHERE {key}::VARCHAR IN (SELECT unnest($keys))";
        command.Parameters.Add(new DuckDBParameter("keys", keys.ToList()));
        command.ExecuteNonQuery();
    }

    private static void Execute(DuckDBConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}

/// <summary>What the four syncs' runs must report, in the order they run.</summary>
internal sealed record SampleExpectation(ExpectedRun Customers, ExpectedRun Balances, ExpectedRun Segments, ExpectedRun Signups);
