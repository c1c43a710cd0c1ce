using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using WarehouseImport.Warehouses.DuckDb;
using WarehouseImport.Warehouses.Postgres;
using WarehouseImport.Warehouses.Snowflake;

namespace WarehouseImport.Warehouses.Tests;

public sealed class WarehouseCatalogueTests
{
    private static readonly WarehouseCatalogue Catalogue = new([new PostgresWarehouseType(Options.Create(new PostgresOptions())), new DuckDbWarehouseType(Options.Create(new DuckDbOptions()))]);

    [Fact]
    public void AddWarehouses_Twice_RegistersEveryTypeOnce()
    {
        var services = new ServiceCollection().AddWarehouses().AddWarehouses();

        Assert.Equal(
            [typeof(DuckDbWarehouseType), typeof(PostgresWarehouseType), typeof(SnowflakeWarehouseType)],
            services.Where(service => service.ServiceType == typeof(IWarehouseType)).Select(service => service.ImplementationType));
        Assert.Single(services, service => service.ServiceType == typeof(WarehouseCatalogue));
    }

    [Fact]
    public void Types_AreOrderedByName() => Assert.Equal(["duckdb", "postgres"], Catalogue.Types.Select(type => type.Name));

    [Fact]
    public void Get_UnknownName_SaysWhatIsKnown()
    {
        var failure = Assert.Throws<WarehouseException>(() => Catalogue.Get("oracle"));

        Assert.Equal(WarehouseErrors.SettingInvalid, failure.Code);
        Assert.Contains("duckdb, postgres", failure.Fix, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("duckdb", "path=", "path")]
    [InlineData("duckdb", "path=a*.csv", "path")]
    [InlineData("duckdb", "path=:memory:", "path")]
    [InlineData("duckdb", "path=s3://bucket/a.csv", "path")]
    [InlineData("duckdb", "path=x;file=y", "file")]
    [InlineData("postgres", "host=h;database=d", "username")]
    [InlineData("postgres", "host=h;database=d;username=u;port=0", "port")]
    [InlineData("postgres", "host=h;database=d;username=u;port=65536", "port")]
    [InlineData("postgres", "host=h;database=d;username=u;ssl_mode=allow", "ssl_mode")]
    [InlineData("postgres", "host=h,other;database=d;username=u", "host")]
    [InlineData("postgres", "host=h:1;database=d;username=u", "host")]
    [InlineData("postgres", "host=user@h;database=d;username=u", "host")]
    [InlineData("postgres", "host=h;database=d;username=u;password=secret-canary", "password")]
    public void Validate_SettingThatIsNotAllowed_IsNamed(string type, string settings, string expected)
    {
        var problems = Catalogue.Get(type).Validate(Parse(settings));

        Assert.Equal(expected, Assert.Single(problems).Setting);
        Assert.DoesNotContain("secret-canary", problems[0].Message, StringComparison.Ordinal);
        Assert.Throws<WarehouseException>(() => Catalogue.Get(type).Open(Parse(settings)));
    }

    [Theory]
    [InlineData("duckdb", "path=data/warehouse.duckdb")]
    [InlineData("postgres", "host=db.example.com;database=d;username=u")]
    [InlineData("postgres", "host=::1;port=5433;database=d;username=u;ssl_mode=verify-full;schemas=crm, sales")]
    [InlineData("postgres", "host=/var/run/postgresql;database=d;username=u")]
    public void Validate_GoodSettings_HaveNoProblem(string type, string settings) => Assert.Empty(Catalogue.Get(type).Validate(Parse(settings)));

    private static WarehouseSettings Parse(string text) => new(
        text.Split(';').Select(pair => pair.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]),
        new Dictionary<string, string>());
}
