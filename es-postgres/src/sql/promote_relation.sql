-- $1: a name, quoted, $2: that of the table which is to be seen under it. What kind of relation has the name; whether it is a
-- view of that table already, with all columns that it has by now; and the statements that give those who may read it the right
-- to read whatever has its name later. No row when none on the search path has. Catalogue indexes; no lock but ACCESS SHARE.
SELECT relkind::text AS kind,
       EXISTS (
           SELECT
           FROM pg_catalog.pg_rewrite rule
           JOIN pg_catalog.pg_depend ON classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND objid = rule.oid
           WHERE rule.ev_class = relation.oid AND refobjid = pg_catalog.to_regclass($2)
       ) AND (
           SELECT count(*) FILTER (WHERE attrelid = relation.oid) = count(*) FILTER (WHERE attrelid <> relation.oid)
           FROM pg_catalog.pg_attribute
           WHERE attrelid IN (relation.oid, pg_catalog.to_regclass($2)) AND attnum > 0 AND NOT attisdropped
       ) AS done,
       ARRAY (
           SELECT format('GRANT SELECT ON %s TO %s%s', $1,
                         CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_catalog.pg_get_userbyid(grantee)) END,
                         CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
           FROM pg_catalog.aclexplode(relacl)
           WHERE privilege_type = 'SELECT' AND grantee <> relowner
       ) AS grants
FROM pg_catalog.pg_class relation
WHERE relation.oid = pg_catalog.to_regclass($1)
