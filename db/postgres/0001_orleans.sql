-- Tables, functions and queries of the Orleans ADO.NET providers, version 10.4.2: membership, reminders and grain state.
-- The providers read OrleansQuery once at silo start and run its texts with named parameters. DeploymentId is our ClusterId.

CREATE TABLE OrleansQuery
(
    QueryKey  varchar(64)   NOT NULL PRIMARY KEY,
    QueryText varchar(8000) NOT NULL
);

CREATE TABLE OrleansMembershipVersionTable
(
    DeploymentId varchar(150)   NOT NULL PRIMARY KEY,
    Timestamp    timestamptz(3) NOT NULL DEFAULT now(),
    Version      integer        NOT NULL DEFAULT 0
);

CREATE TABLE OrleansMembershipTable
(
    DeploymentId varchar(150)   NOT NULL REFERENCES OrleansMembershipVersionTable (DeploymentId),
    Address      varchar(45)    NOT NULL,
    Port         integer        NOT NULL,
    Generation   integer        NOT NULL,
    SiloName     varchar(150)   NOT NULL,
    HostName     varchar(150)   NOT NULL,
    Status       integer        NOT NULL,
    ProxyPort    integer,
    SuspectTimes varchar(8000),
    StartTime    timestamptz(3) NOT NULL,
    IAmAliveTime timestamptz(3) NOT NULL,
    PRIMARY KEY (DeploymentId, Address, Port, Generation)
);

CREATE FUNCTION update_i_am_alive_time(
    deployment_id varchar, silo_address varchar, silo_port integer, silo_generation integer, alive_time timestamptz)
RETURNS void LANGUAGE sql AS
$$
    UPDATE OrleansMembershipTable SET IAmAliveTime = alive_time
    WHERE DeploymentId = deployment_id AND Address = silo_address AND Port = silo_port AND Generation = silo_generation
$$;

CREATE FUNCTION insert_membership_version(deployment_id varchar)
RETURNS TABLE (row_count integer) LANGUAGE sql AS
$$
    WITH inserted AS (
        INSERT INTO OrleansMembershipVersionTable (DeploymentId) VALUES (deployment_id)
        ON CONFLICT (DeploymentId) DO NOTHING RETURNING 1)
    SELECT count(*)::integer FROM inserted
$$;

-- The version row is the lock of the whole table: whoever raises it from the expected version may change a silo's row.
CREATE FUNCTION insert_membership(
    deployment_id varchar, silo_address varchar, silo_port integer, silo_generation integer, silo_name varchar, host_name varchar, silo_status integer,
    proxy_port integer, start_time timestamptz, alive_time timestamptz, expected_version integer)
RETURNS TABLE (row_count integer) LANGUAGE plpgsql AS
$$
BEGIN
    UPDATE OrleansMembershipVersionTable AS v SET Timestamp = now(), Version = v.Version + 1
    WHERE v.DeploymentId = deployment_id AND v.Version = expected_version
        AND NOT EXISTS (SELECT 1 FROM OrleansMembershipTable AS m
            WHERE m.DeploymentId = deployment_id AND m.Address = silo_address AND m.Port = silo_port AND m.Generation = silo_generation);
    IF NOT FOUND THEN
        RETURN QUERY SELECT 0;
        RETURN;
    END IF;
    INSERT INTO OrleansMembershipTable
        (DeploymentId, Address, Port, Generation, SiloName, HostName, Status, ProxyPort, StartTime, IAmAliveTime)
    VALUES (deployment_id, silo_address, silo_port, silo_generation, silo_name, host_name, silo_status, proxy_port, start_time, alive_time);
    RETURN QUERY SELECT 1;
END
$$;

CREATE FUNCTION update_membership(
    deployment_id varchar, silo_address varchar, silo_port integer, silo_generation integer, silo_status integer, suspect_times varchar,
    alive_time timestamptz, expected_version integer)
RETURNS TABLE (row_count integer) LANGUAGE plpgsql AS
$$
BEGIN
    UPDATE OrleansMembershipVersionTable AS v SET Timestamp = now(), Version = v.Version + 1
    WHERE v.DeploymentId = deployment_id AND v.Version = expected_version
        AND EXISTS (SELECT 1 FROM OrleansMembershipTable AS m
            WHERE m.DeploymentId = deployment_id AND m.Address = silo_address AND m.Port = silo_port AND m.Generation = silo_generation);
    IF NOT FOUND THEN
        RETURN QUERY SELECT 0;
        RETURN;
    END IF;
    UPDATE OrleansMembershipTable AS m SET Status = silo_status, SuspectTimes = suspect_times, IAmAliveTime = alive_time
    WHERE m.DeploymentId = deployment_id AND m.Address = silo_address AND m.Port = silo_port AND m.Generation = silo_generation;
    RETURN QUERY SELECT 1;
END
$$;

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES
('UpdateIAmAlivetimeKey', 'SELECT * FROM update_i_am_alive_time(@DeploymentId, @Address, @Port, @Generation, @IAmAliveTime);'),
('InsertMembershipVersionKey', 'SELECT * FROM insert_membership_version(@DeploymentId);'),
('InsertMembershipKey', 'SELECT * FROM insert_membership(@DeploymentId, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime,
    @IAmAliveTime, @Version);'),
('UpdateMembershipKey', 'SELECT * FROM update_membership(@DeploymentId, @Address, @Port, @Generation, @Status, @SuspectTimes, @IAmAliveTime, @Version);'),
('MembershipReadRowKey', '
    SELECT v.DeploymentId, m.Address, m.Port, m.Generation, m.SiloName, m.HostName, m.Status, m.ProxyPort, m.SuspectTimes, m.StartTime, m.IAmAliveTime, v.Version
    FROM OrleansMembershipVersionTable v
    LEFT JOIN OrleansMembershipTable m
        ON m.DeploymentId = v.DeploymentId AND m.Address = @Address AND m.Port = @Port AND m.Generation = @Generation
    WHERE v.DeploymentId = @DeploymentId;'),
('MembershipReadAllKey', '
    SELECT v.DeploymentId, m.Address, m.Port, m.Generation, m.SiloName, m.HostName, m.Status, m.ProxyPort, m.SuspectTimes, m.StartTime, m.IAmAliveTime, v.Version
    FROM OrleansMembershipVersionTable v
    LEFT JOIN OrleansMembershipTable m ON m.DeploymentId = v.DeploymentId
    WHERE v.DeploymentId = @DeploymentId;'),
('GatewaysQueryKey', '
    SELECT Address, ProxyPort, Generation FROM OrleansMembershipTable
    WHERE DeploymentId = @DeploymentId AND Status = @Status AND ProxyPort > 0;'),
('DeleteMembershipTableEntriesKey', '
    DELETE FROM OrleansMembershipTable WHERE DeploymentId = @DeploymentId;
    DELETE FROM OrleansMembershipVersionTable WHERE DeploymentId = @DeploymentId;'),
('CleanupDefunctSiloEntriesKey', '
    DELETE FROM OrleansMembershipTable WHERE DeploymentId = @DeploymentId AND IAmAliveTime < @IAmAliveTime AND Status <> 3;'),
('CleanupDefunctSiloEntryKey', '
    DELETE FROM OrleansMembershipTable
    WHERE DeploymentId = @DeploymentId AND Address = @Address AND Port = @Port AND Generation = @Generation AND Status = 6
        AND StartTime = @StartTime AND IAmAliveTime = @IAmAliveTime AND coalesce(SuspectTimes, '''') = coalesce(@SuspectTimes, '''');');

CREATE TABLE OrleansRemindersTable
(
    ServiceId    varchar(150)   NOT NULL,
    GrainId      varchar(150)   NOT NULL,
    ReminderName varchar(150)   NOT NULL,
    StartTime    timestamptz(3) NOT NULL,
    Period       bigint         NOT NULL,
    GrainHash    integer        NOT NULL,
    Version      integer        NOT NULL,
    PRIMARY KEY (ServiceId, GrainId, ReminderName)
);

-- A silo reads the reminders of its hash ranges, up to 30 at once, at every refresh.
CREATE INDEX ix_orleans_reminders_hash ON OrleansRemindersTable (ServiceId, GrainHash);

CREATE FUNCTION upsert_reminder_row(
    service_id varchar, grain_id varchar, reminder_name varchar, start_time timestamptz, reminder_period bigint, grain_hash integer)
RETURNS TABLE (version integer) LANGUAGE sql AS
$$
    INSERT INTO OrleansRemindersTable AS r (ServiceId, GrainId, ReminderName, StartTime, Period, GrainHash, Version)
    VALUES (service_id, grain_id, reminder_name, start_time, reminder_period, grain_hash, 0)
    ON CONFLICT (ServiceId, GrainId, ReminderName) DO UPDATE SET
        StartTime = excluded.StartTime, Period = excluded.Period, GrainHash = excluded.GrainHash, Version = r.Version + 1
    RETURNING r.Version
$$;

CREATE FUNCTION delete_reminder_row(service_id varchar, grain_id varchar, reminder_name varchar, expected_version integer)
RETURNS TABLE (row_count integer) LANGUAGE sql AS
$$
    WITH deleted AS (
        DELETE FROM OrleansRemindersTable
        WHERE ServiceId = service_id AND GrainId = grain_id AND ReminderName = reminder_name AND Version = expected_version RETURNING 1)
    SELECT count(*)::integer FROM deleted
$$;

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES
('UpsertReminderRowKey', 'SELECT * FROM upsert_reminder_row(@ServiceId, @GrainId, @ReminderName, @StartTime, @Period::bigint, @GrainHash);'),
('ReadReminderRowsKey', '
    SELECT GrainId, ReminderName, StartTime, Period, Version FROM OrleansRemindersTable
    WHERE ServiceId = @ServiceId AND GrainId = @GrainId;'),
('ReadReminderRowKey', '
    SELECT GrainId, ReminderName, StartTime, Period, Version FROM OrleansRemindersTable
    WHERE ServiceId = @ServiceId AND GrainId = @GrainId AND ReminderName = @ReminderName;'),
('ReadRangeRows1Key', '
    SELECT GrainId, ReminderName, StartTime, Period, Version FROM OrleansRemindersTable
    WHERE ServiceId = @ServiceId AND GrainHash > @BeginHash AND GrainHash <= @EndHash;'),
('ReadRangeRows2Key', '
    SELECT GrainId, ReminderName, StartTime, Period, Version FROM OrleansRemindersTable
    WHERE ServiceId = @ServiceId AND (GrainHash > @BeginHash OR GrainHash <= @EndHash);'),
('DeleteReminderRowKey', 'SELECT * FROM delete_reminder_row(@ServiceId, @GrainId, @ReminderName, @Version);'),
('DeleteReminderRowsKey', 'DELETE FROM OrleansRemindersTable WHERE ServiceId = @ServiceId;');

CREATE TABLE OrleansStorage
(
    GrainIdHash            integer      NOT NULL,
    GrainTypeHash          integer      NOT NULL,
    GrainIdN0              bigint       NOT NULL,
    GrainIdN1              bigint       NOT NULL,
    GrainTypeString        varchar(512) NOT NULL,
    GrainIdExtensionString varchar(512),
    ServiceId              varchar(150) NOT NULL,
    PayloadBinary          bytea,
    ModifiedOn             timestamptz  NOT NULL,
    Version                integer      NOT NULL
);

-- Unique, so that two first writes of one grain cannot both insert.
CREATE UNIQUE INDEX ux_orleans_storage ON OrleansStorage
    (GrainIdHash, GrainTypeHash, GrainIdN0, GrainIdN1, GrainTypeString, coalesce(GrainIdExtensionString, ''), ServiceId);

-- A refused write returns the version it was given: the provider takes an unchanged version for a conflict.
CREATE FUNCTION writetostorage(
    id_hash integer, id_n0 bigint, id_n1 bigint, type_hash integer, type_string varchar, extension varchar, service_id varchar,
    expected_version integer, payload bytea)
RETURNS TABLE (newgrainstateversion integer) LANGUAGE plpgsql AS
$$
DECLARE
    written integer;
BEGIN
    IF expected_version IS NULL THEN
        INSERT INTO OrleansStorage
            (GrainIdHash, GrainTypeHash, GrainIdN0, GrainIdN1, GrainTypeString, GrainIdExtensionString, ServiceId, PayloadBinary, ModifiedOn, Version)
        VALUES (id_hash, type_hash, id_n0, id_n1, type_string, extension, service_id, payload, now(), 1)
        ON CONFLICT DO NOTHING
        RETURNING Version INTO written;
    ELSE
        UPDATE OrleansStorage SET PayloadBinary = payload, ModifiedOn = now(), Version = Version + 1
        WHERE GrainIdHash = id_hash AND GrainTypeHash = type_hash AND GrainIdN0 = id_n0 AND GrainIdN1 = id_n1 AND GrainTypeString = type_string
            AND coalesce(GrainIdExtensionString, '') = coalesce(extension, '') AND ServiceId = service_id AND Version = expected_version
        RETURNING Version INTO written;
    END IF;
    RETURN QUERY SELECT coalesce(written, expected_version);
END
$$;

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES
('WriteToStorageKey', '
    SELECT * FROM writetostorage(@GrainIdHash, @GrainIdN0, @GrainIdN1, @GrainTypeHash, @GrainTypeString, @GrainIdExtensionString, @ServiceId,
        @GrainStateVersion, @PayloadBinary);'),
('ReadFromStorageKey', '
    SELECT PayloadBinary, Version FROM OrleansStorage
    WHERE GrainIdHash = @GrainIdHash AND GrainTypeHash = @GrainTypeHash AND GrainIdN0 = @GrainIdN0 AND GrainIdN1 = @GrainIdN1
        AND GrainTypeString = @GrainTypeString AND coalesce(GrainIdExtensionString, '''') = coalesce(@GrainIdExtensionString, '''')
        AND ServiceId = @ServiceId;'),
('ClearStorageKey', '
    WITH cleared AS (
        UPDATE OrleansStorage SET PayloadBinary = NULL, ModifiedOn = now(), Version = Version + 1
        WHERE GrainIdHash = @GrainIdHash AND GrainTypeHash = @GrainTypeHash AND GrainIdN0 = @GrainIdN0 AND GrainIdN1 = @GrainIdN1
            AND GrainTypeString = @GrainTypeString AND coalesce(GrainIdExtensionString, '''') = coalesce(@GrainIdExtensionString, '''')
            AND ServiceId = @ServiceId AND Version = @GrainStateVersion
        RETURNING Version)
    SELECT coalesce((SELECT Version FROM cleared), @GrainStateVersion) AS NewGrainStateVersion;'),
('DeleteStorageKey', '
    WITH deleted AS (
        DELETE FROM OrleansStorage
        WHERE GrainIdHash = @GrainIdHash AND GrainTypeHash = @GrainTypeHash AND GrainIdN0 = @GrainIdN0 AND GrainIdN1 = @GrainIdN1
            AND GrainTypeString = @GrainTypeString AND coalesce(GrainIdExtensionString, '''') = coalesce(@GrainIdExtensionString, '''')
            AND ServiceId = @ServiceId AND Version = @GrainStateVersion
        RETURNING Version + 1 AS Version)
    SELECT coalesce((SELECT Version FROM deleted), @GrainStateVersion) AS NewGrainStateVersion;');
