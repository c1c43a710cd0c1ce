using System.Data.Common;
using WarehouseImport.Warehouses.Connections;

namespace WarehouseImport.Storage.Relational;

internal sealed class RelationalConnectionStore(Database database) : IConnectionStore
{
    private const string Columns = "id, name, type, settings, secrets, version, created_at, updated_at";

    public Task<ConnectionRecord?> GetAsync(Guid id, CancellationToken cancellationToken) => database.ReadAsync(
        session => session.FirstAsync($"SELECT {Columns} FROM connections WHERE id = @id", Read, ("id", id)), cancellationToken);

    public async Task<IReadOnlyList<ConnectionRecord>> ListAsync(Guid? after, int limit, CancellationToken cancellationToken) => await database.ReadAsync(
        session => session.QueryAsync(
            $"SELECT {Columns} FROM connections WHERE id > @after ORDER BY id LIMIT @limit",
            Read,
            ("after", after ?? Guid.Empty),
            ("limit", limit)),
        cancellationToken).ConfigureAwait(false);

    public async Task<ConnectionWriteStatus> CreateAsync(ConnectionRecord connection, CancellationToken cancellationToken)
    {
        try
        {
            return await database.WriteAsync(
                async session =>
                {
                    await session.ExecuteAsync(
                        """
                        INSERT INTO connections (id, name, name_key, type, settings, secrets, version, created_at, updated_at)
                        VALUES (@id, @name, @key, @type, @settings, @secrets, @version, @created, @updated)
                        """,
                        ("id", connection.Id),
                        ("name", connection.Name),
                        ("key", Names.Key(connection.Name)),
                        ("type", connection.Type),
                        ("settings", StoredJson.Write(connection.Settings)),
                        ("secrets", StoredJson.Write(connection.ProtectedSecrets)),
                        ("version", connection.Version),
                        ("created", connection.CreatedAt),
                        ("updated", connection.UpdatedAt)).ConfigureAwait(false);
                    return ConnectionWriteStatus.Written;
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (DbException exception) when (database.IsUniqueViolation(exception))
        {
            return ConnectionWriteStatus.NameTaken;
        }
    }

    public async Task<ConnectionWriteStatus> UpdateAsync(ConnectionRecord connection, long expectedVersion, CancellationToken cancellationToken)
    {
        try
        {
            return await database.WriteAsync(
                async session =>
                {
                    var updated = await session.ExecuteAsync(
                        """
                        UPDATE connections
                        SET name = @name, name_key = @key, type = @type, settings = @settings, secrets = @secrets, version = @version, updated_at = @updated
                        WHERE id = @id AND version = @expected
                        """,
                        ("id", connection.Id),
                        ("name", connection.Name),
                        ("key", Names.Key(connection.Name)),
                        ("type", connection.Type),
                        ("settings", StoredJson.Write(connection.Settings)),
                        ("secrets", StoredJson.Write(connection.ProtectedSecrets)),
                        ("version", expectedVersion + 1),
                        ("updated", connection.UpdatedAt),
                        ("expected", expectedVersion)).ConfigureAwait(false);
                    return updated == 1 ? ConnectionWriteStatus.Written : await MissAsync(session, connection.Id).ConfigureAwait(false);
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (DbException exception) when (database.IsUniqueViolation(exception))
        {
            return ConnectionWriteStatus.NameTaken;
        }
    }

    public async Task<ConnectionWriteStatus> DeleteAsync(Guid id, long expectedVersion, CancellationToken cancellationToken)
    {
        try
        {
            return await database.WriteAsync(
                async session =>
                {
                    var deleted = await session.ExecuteAsync(
                        "DELETE FROM connections WHERE id = @id AND version = @expected",
                        ("id", id),
                        ("expected", expectedVersion)).ConfigureAwait(false);
                    return deleted == 1 ? ConnectionWriteStatus.Written : await MissAsync(session, id).ConfigureAwait(false);
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (DbException exception) when (database.IsReferenceViolation(exception))
        {
            return ConnectionWriteStatus.InUse;
        }
    }

    private static async Task<ConnectionWriteStatus> MissAsync(Session session, Guid id)
    {
        var found = await session.QueryAsync("SELECT 1 FROM connections WHERE id = @id", _ => true, ("id", id)).ConfigureAwait(false);
        return found.Count == 0 ? ConnectionWriteStatus.NotFound : ConnectionWriteStatus.VersionMismatch;
    }

    private static ConnectionRecord Read(DbDataReader reader) => new(
        reader.GetGuid(0),
        reader.GetString(1),
        reader.GetString(2),
        StoredJson.Read<Dictionary<string, string>>(reader.GetString(3)),
        StoredJson.Read<Dictionary<string, string>>(reader.GetString(4)),
        reader.GetInt64(5),
        reader.Time(6),
        reader.Time(7));
}
